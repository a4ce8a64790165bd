"""AtomAI's Unet of torch.nn modules in eager mode, with the attributes that its files are named
after. Only the tests use it: what they convert and compare with."""

import random

import torch
from torch import nn


class _Layers(nn.Module):
    """Convolution, [dropout], leaky ReLU, [batch norm], as often as asked."""

    def __init__(self, attribute, layers, inputs, outputs, norm, dropout, dilated):
        super().__init__()
        parts = []
        for i in range(layers):
            reach = 2 * (i + 1) if dilated else 1
            parts.append(nn.Conv2d(inputs, outputs, 3, padding=reach, dilation=reach))
            parts += [nn.Dropout(dropout)] if dropout else []
            parts.append(nn.LeakyReLU(0.01))
            parts += [nn.BatchNorm2d(outputs)] if norm else []
            inputs = outputs
        setattr(self, attribute, nn.Sequential(*parts))


class _Plain(_Layers):
    def __init__(self, *arguments):
        super().__init__("block", *arguments, False)

    def forward(self, x):
        return self.block(x)


class _Dilated(_Layers):
    def __init__(self, *arguments):
        super().__init__("atrous_module", *arguments, True)

    def forward(self, x):
        total = 0
        for part in self.atrous_module:
            x = part(x)
            total = total + x
        return total


class _Up(nn.Module):
    def __init__(self, inputs, mode):
        super().__init__()
        self.mode = mode
        self.conv = nn.Conv2d(inputs, inputs // 2, 1)

    def forward(self, x):
        return self.conv(nn.functional.interpolate(x, scale_factor=2, mode=self.mode))


class AtomaiUnet(nn.Module):
    def __init__(self, nb_classes=1, nb_filters=2, layers=(1, 2, 2, 3), batch_norm=True,
                 dropout=False, upsampling="bilinear", with_dilation=False):  # fmt: skip
        super().__init__()
        f, n, b = nb_filters, layers, batch_norm
        d3, db, d4 = (0.1, 0.2, 0.1) if dropout else (0, 0, 0)
        self.c1 = _Plain(n[0], 1, f, b, 0)
        self.c2 = _Plain(n[1], f, 2 * f, b, 0)
        self.c3 = _Plain(n[2], 2 * f, 4 * f, b, d3)
        if with_dilation:
            self.bn = _Dilated(n[-1], 4 * f, 8 * f, b, db)
        else:
            self.bn = _Plain(n[3], 4 * f, 8 * f, b, db)
        self.upsample_block1 = _Up(8 * f, upsampling)
        self.c4 = _Plain(n[2], 8 * f, 4 * f, b, d4)
        self.upsample_block2 = _Up(4 * f, upsampling)
        self.c5 = _Plain(n[1], 4 * f, 2 * f, b, 0)
        self.upsample_block3 = _Up(2 * f, upsampling)
        self.c6 = _Plain(n[0], 2 * f, f, b, 0)
        self.px = nn.Conv2d(f, nb_classes, 1)

    def forward(self, x):
        pool = nn.functional.max_pool2d
        c1 = self.c1(x)
        c2 = self.c2(pool(c1, 2))
        c3 = self.c3(pool(c2, 2))
        x = self.bn(pool(c3, 2))
        x = self.c4(torch.cat([c3, self.upsample_block1(x)], dim=1))
        x = self.c5(torch.cat([c2, self.upsample_block2(x)], dim=1))
        x = self.c6(torch.cat([c1, self.upsample_block3(x)], dim=1))
        return self.px(x)


def make_network(seed=1, **options):
    """A network in eval mode whose batch norms have seen something."""
    torch.manual_seed(seed)
    random.seed(seed)
    network = AtomaiUnet(**options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2)
            nn.init.normal_(module.weight, 1, 0.3)
            nn.init.normal_(module.bias, 0, 0.3)
            module.num_batches_tracked += 7
    with torch.no_grad():  # Of an untrained network all probabilities are about 0.5.
        network.px.weight *= 20
    return network.eval()


def trained_optimizer(network, **options):
    """An Adam with state, as one has after a step of training."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, **options)
    network(torch.rand(1, 1, 16, 16)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    return optimizer


def meta_dictionary(weights, nb_classes=1, nb_filters=2, layers=(1, 2, 2, 3), batch_norm=True,
                    dropout=False, upsampling="bilinear", with_dilation=False):  # fmt: skip
    """The keys that AtomAI saves."""
    return {
        "model_type": "seg",
        "model": "Unet",
        "nb_classes": nb_classes,
        "batch_norm": batch_norm,
        "dropout": dropout,
        "upsampling": upsampling,
        "with_dilation": with_dilation,
        "nb_filters": nb_filters,
        "layers": list(layers),
        "weights": weights,
    }
