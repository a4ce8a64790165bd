"""Reads a pickle as data: nothing that it names is imported, and nothing is ever called.

Python's own unpickler imports and calls whatever the file asks for, and even with an allow-list of
names it sets attributes on what it has found. This machine knows only what torch.save() writes for
dictionaries of tensors. Names become `Name`, tensors become `TensorRef` (no bytes are read),
objects of torch.optim become `Inert`, which forgets its state. Any other name is refused.
"""

import pickletools
import struct
from collections import OrderedDict
from dataclasses import dataclass, field

from .errors import ConvertError

MAX_OPERATIONS = 2_000_000
MAX_ENCODED_CHARS = 1024  # A NumPy number has 8; a text can be encoded again and again.

# torch's names of typed storages, and what one element takes.
STORAGE_BYTES = {
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}

# Protocol 2 writes the names that Python 2 had.
_BUILTINS = ("builtins", "__builtin__")
_CONTAINERS = {"dict": dict, "list": list, "set": set, "tuple": tuple}
_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMBERS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f4": "f", "f8": "d",
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """What a pickle calls `module.name`."""

    module: str
    name: str

    def __str__(self):
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class StorageRef:
    """Bytes that lie beside the pickle."""

    kind: str  # of STORAGE_BYTES
    key: str
    count: int


@dataclass(eq=False)  # Compared and hashed by identity: optimizers use parameters as keys.
class TensorRef:
    storage: StorageRef
    offset: int
    shape: tuple
    stride: tuple


@dataclass(eq=False)
class Inert:
    """An object that is of no use here; it takes any state and keeps none."""

    name: Name


@dataclass(eq=False)
class _NumpyType:
    code: str
    order: str = field(default="<")


class PickleMachine:
    """Runs one pickle. `stream` is at its start and ends up behind it."""

    def __init__(self, stream):
        self._stream = stream
        self._stack = []
        self._marks = []
        self._memo = {}
        self.storages = {}  # by key, all that the pickle refers to

    def run(self):
        operations = 0
        try:
            for opcode, argument, _ in pickletools.genops(self._stream):
                operations += 1
                if operations > MAX_OPERATIONS:
                    raise ConvertError(f"the pickle has more than {MAX_OPERATIONS} operations")
                if opcode.name == "STOP":
                    return self._pop()
                self._step(opcode.name, argument)
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
                struct.error) as error:  # fmt: skip
            raise ConvertError(f"the pickle is broken: {error}") from None
        raise ConvertError("the pickle is broken: it has no end")

    # The stack. Items behind a mark cannot be taken by operations that work on single items.

    def _pop(self):
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise ConvertError("the pickle is broken: its stack is empty")
        return self._stack.pop()

    def _pop_to_mark(self):
        mark = self._marks.pop()
        items = self._stack[mark:]
        del self._stack[mark:]
        return items

    def _step(self, name, argument):
        stack = self._stack
        if name in ("PROTO", "FRAME"):
            return
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name == "MARK":
            self._marks.append(len(stack))
        elif name == "TUPLE":
            stack.append(tuple(self._pop_to_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            items = [self._pop() for _ in range(int(name[-1]))]
            stack.append(tuple(reversed(items)))
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._memo[argument])
        elif name == "POP":
            self._pop()
        elif name == "APPEND":
            self._extend([self._pop()])
        elif name == "APPENDS":
            self._extend(self._pop_to_mark())
        elif name == "ADDITEMS":
            self._add(self._pop_to_mark())
        elif name == "SETITEM":
            value = self._pop()
            self._set([self._pop(), value])
        elif name == "SETITEMS":
            self._set(self._pop_to_mark())
        elif name == "GLOBAL":
            module, _, attribute = argument.partition(" ")
            stack.append(_known_name(module, attribute))
        elif name == "STACK_GLOBAL":
            attribute = self._pop()
            stack.append(_known_name(self._pop(), attribute))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = self._pop()
            stack.append(_reduce(self._pop(), arguments))
        elif name == "BUILD":
            state = self._pop()
            _build(stack[-1], state)
        elif name == "BINPERSID":
            storage = _storage(self._pop())
            if self.storages.setdefault(storage.key, storage) != storage:
                raise ConvertError(f"the pickle is broken: two storages {storage.key}")
            stack.append(storage)
        else:
            raise ConvertError(f"the pickle uses {name}, which torch.save() never writes")

    def _extend(self, items):
        if not isinstance(self._stack[-1], list):
            raise ConvertError("the pickle is broken: appends to what is no list")
        self._stack[-1].extend(items)

    def _add(self, items):
        if not isinstance(self._stack[-1], set):
            raise ConvertError("the pickle is broken: adds to what is no set")
        self._stack[-1].update(_key(item) for item in items)

    def _set(self, items):
        if not isinstance(self._stack[-1], dict):
            raise ConvertError("the pickle is broken: sets items of what is no dictionary")
        for key, value in zip(items[::2], items[1::2]):
            self._stack[-1][_key(key)] = value


_VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": set, "EMPTY_TUPLE": tuple}


def _key(key):
    # Not tuples: hashing a tuple of tuples that share their parts can take for ever.
    if key is None or isinstance(key, (str, int, float, TensorRef, Inert)):
        return key
    raise ConvertError(f"the pickle uses a {type(key).__name__} as a key")


def _known_name(module, attribute):
    if not isinstance(module, str) or not isinstance(attribute, str):
        raise ConvertError("the pickle is broken: a name is not text")
    known = (
        (module in _BUILTINS and attribute in _CONTAINERS)
        or (module == "collections" and attribute in ("OrderedDict", "defaultdict"))
        or (module == "torch" and attribute in (*STORAGE_BYTES, "Size", "device"))
        or (module == "torch._utils" and attribute in _REBUILD)
        or (module in _NUMPY and attribute == "scalar")
        or (module == "numpy" and attribute == "dtype")
        or (module == "_codecs" and attribute == "encode")
        or module == "torch.optim"
        or module.startswith("torch.optim.")
    )
    if not known:
        hint = "this is not what an AtomAI file of a built-in network holds"
        if "optim" in f"{module}.{attribute}".lower():
            hint = "save it again without its key 'optimizer'"
        raise ConvertError(f"the pickle asks for {module}.{attribute}, which is refused: {hint}")
    return Name(module, attribute)


def _integers(values, what):
    if not isinstance(values, (tuple, list)) or len(values) > 8:
        raise ConvertError(f"the pickle is broken: {what} of a tensor")
    if not all(type(v) is int and 0 <= v < 1 << 40 for v in values):
        raise ConvertError(f"the pickle is broken: {what} {values} of a tensor")
    return tuple(values)


def _rebuild_tensor(storage, offset, shape, stride, *_):
    if not isinstance(storage, StorageRef):
        raise ConvertError("the pickle is broken: a tensor without storage")
    shape, stride = _integers(shape, "shape"), _integers(stride, "stride")
    if len(shape) != len(stride):
        raise ConvertError(f"the pickle is broken: shape {shape}, stride {stride}")
    return TensorRef(storage, _integers([offset], "offset")[0], shape, stride)


def _rebuild_parameter(data, *_):
    if not isinstance(data, TensorRef):
        raise ConvertError("the pickle is broken: a parameter that is no tensor")
    return data


_REBUILD = {
    "_rebuild_tensor": _rebuild_tensor,
    "_rebuild_tensor_v2": _rebuild_tensor,
    "_rebuild_parameter": _rebuild_parameter,
    "_rebuild_parameter_with_state": _rebuild_parameter,
}


def _numpy_scalar(kind, data):
    if not isinstance(kind, _NumpyType) or not isinstance(data, bytes):
        raise ConvertError("the pickle is broken: a NumPy scalar")
    order = ">" if kind.order == ">" else "<"
    return struct.unpack(order + _NUMBERS[kind.code], data)[0]


def _reduce(what, arguments):
    """What Python's unpickler would get by calling `what`."""
    if not isinstance(what, Name) or not isinstance(arguments, tuple):
        raise ConvertError("the pickle is broken: it calls what is no name")
    if what.module.startswith("torch.optim"):
        return Inert(what)
    if what.module == "torch._utils":
        return _REBUILD[what.name](*arguments)
    if what.module == "collections":
        if arguments and what.name == "OrderedDict":
            raise ConvertError("the pickle is broken: an OrderedDict with arguments")
        return OrderedDict() if what.name == "OrderedDict" else {}
    if what.module in _NUMPY:
        return _numpy_scalar(*arguments)
    if what.module == "numpy":
        if not arguments or arguments[0] not in _NUMBERS:
            raise ConvertError(f"the pickle holds a NumPy value of type {arguments[:1]}")
        return _NumpyType(arguments[0])
    if what.module == "_codecs":
        text, encoding = arguments
        if encoding != "latin1":
            raise ConvertError(f"the pickle encodes bytes as {encoding!r}")
        if len(text) > MAX_ENCODED_CHARS:
            raise ConvertError(f"the pickle encodes {len(text)} bytes, more than {MAX_ENCODED_CHARS}")
        return text.encode("latin1")
    if what.name == "Size":
        return _integers(arguments[0], "size")
    if what.name in _CONTAINERS and not arguments:
        return _CONTAINERS[what.name]()
    if what.name == "device":
        return Inert(what)
    raise ConvertError(f"the pickle calls {what}")


def _build(target, state):
    """What Python's unpickler does with an object's state: here nothing, or a NumPy byte order."""
    if isinstance(target, _NumpyType):
        target.order = state[1]
    elif not isinstance(target, (Inert, OrderedDict)):  # An OrderedDict's is the modules' versions.
        raise ConvertError(f"the pickle sets the state of a {type(target).__name__}")


def _storage(reference):
    """What torch.save() writes for a tensor's bytes."""
    if not isinstance(reference, tuple) or len(reference) < 5 or reference[0] != "storage":
        raise ConvertError("the pickle is broken: a storage")
    kind, key, count = reference[1], reference[2], reference[4]
    if not isinstance(kind, Name) or kind.name not in STORAGE_BYTES:
        raise ConvertError(f"the pickle holds a storage of type {kind}")
    if not isinstance(key, str) or type(count) is not int or not 0 <= count < 1 << 40:
        raise ConvertError("the pickle is broken: a storage")
    if len(reference) > 5 and reference[5] is not None:
        raise ConvertError("the pickle holds a view of a storage, as torch before 0.4 wrote")
    return StorageRef(kind.name, key, count)
