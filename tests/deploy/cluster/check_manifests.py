#!/usr/bin/env python3
"""The manifests for Kubernetes and the container file, as far as they can be checked without a cluster.

    check_manifests.py REPOSITORY ATOMSTREAMD

Both kustomizations are built by kubectl. Then: what refers to something finds it, the times fit, nothing
runs with more rights than it needs, and the daemon takes the configuration with certificates of
make_certs.sh. A cluster's own schema is not at hand here, and no image is built.
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "prometheus"))
from tools import need, skip  # noqa: E402

try:
    import yaml
except ImportError:
    skip("Python has no yaml here (package python3-yaml; deploy/setup.sh)")

CLOSING_S = 10  # streams and the store, after the last frame


def need_kubectl():
    need("kubectl", "kubectl of Kubernetes 1.24 or later")
    done = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True)
    minor = re.search(r'"minor": "(\d+)', done.stdout)
    if not minor or int(minor[1]) < 24:
        skip("this kubectl is too old to build the manifests (1.24 or later; Debian 12 has 1.20)")


def build(folder):
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"kubectl kustomize {folder}: {done.stderr}")
    return list(yaml.safe_load_all(done.stdout))


def find(documents, kind):
    found = [document for document in documents if document["kind"] == kind]
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} of kind {kind}, not one")
    return found[0]


def check_references(expect, documents):
    state = find(documents, "StatefulSet")
    pod = state["spec"]["template"]
    labels = pod["metadata"]["labels"]
    for what, selector in [
        ("StatefulSet", state["spec"]["selector"]["matchLabels"]),
        ("Service", find(documents, "Service")["spec"]["selector"]),
        ("NetworkPolicy", find(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]),
    ]:
        expect(selector and selector.items() <= labels.items(), f"{what}: selects no pod: {selector}")
    expect(state["spec"]["serviceName"] == find(documents, "Service")["metadata"]["name"], "serviceName")
    container = pod["spec"]["containers"][0]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in state["spec"]["volumeClaimTemplates"]}
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    expect(volumes == mounts, f"volumes {sorted(volumes)}, mounted {sorted(mounts)}")
    config = next(volume for volume in pod["spec"]["volumes"] if "configMap" in volume)
    map_ = find(documents, "ConfigMap")
    expect(config["configMap"]["name"] == map_["metadata"]["name"], "the pod does not mount the ConfigMap")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in find(documents, "Service")["spec"]["ports"]:
        expect(port["targetPort"] in ports, f"Service: no port {port['targetPort']}")
    text = map_["data"]["atomstreamd.textproto"]
    expect(f':{ports["grpc"]}"' in text and f':{ports["metrics"]}"' in text, f"the daemon has other ports than {ports}")
    for document in documents:
        inside = document["kind"] == "Namespace" or document["metadata"].get("namespace") == "atomstream"
        expect(inside, f"{document['kind']}: is in another namespace")


def check_life(expect, documents):
    """Probes, drain, rights."""
    spec = find(documents, "StatefulSet")["spec"]
    expect(spec["replicas"] == 1, "two daemons would share the microscope")
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        command = container[name]["exec"]["command"]
        expect(command[:2] == ["atomstream", "health"], f"{name}: {command}")
        expect("timeout_s=" in command[-1] and float(command[-1].split("=")[1]) < container[name]["timeoutSeconds"],
               f"{name}: the command must end before its time is up")
    expect(container["livenessProbe"]["exec"]["command"][2] == "pipeline", "alive is who gets on")
    drain = float(re.search(r"shutdown_deadline_s: (\d+)", find(documents, "ConfigMap")["data"]["atomstreamd.textproto"])[1])
    wait = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
    needed = wait + drain + CLOSING_S
    expect(pod["terminationGracePeriodSeconds"] >= needed, f"terminationGracePeriodSeconds must be at least {needed}")
    expect(wait >= container["readinessProbe"]["periodSeconds"], "preStop ends before readiness is looked at")
    expect(pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"], "runs as root")
    rights = container["securityContext"]
    expect(rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"] and
           rights["capabilities"] == {"drop": ["ALL"]}, f"rights: {rights}")
    expect(not pod["automountServiceAccountToken"], "has a token for the cluster")
    expect({"cpu", "memory"} <= container["resources"]["requests"].keys(), "requests no cpu or memory")


def check_gpu(expect, base, gpu):
    resources = find(gpu, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["resources"]
    expect(resources["limits"].pop("nvidia.com/gpu", None) == "1", "gpu: requests no GPU")
    expect(resources == find(base, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["resources"],
           "gpu: differs in more than the GPU")


def check_config(expect, repository, daemon, documents):
    """The daemon itself reads it; only the paths are another machine's."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make = [repository / "deploy/make_certs.sh", "--folder", folder / "certs"]
        for words in (["server", "server"], ["client", "probe", "viewer"]):
            subprocess.run([*make, *words], check=True, capture_output=True)
        # What the secret must hold.
        pod = find(documents, "StatefulSet")["spec"]["template"]["spec"]
        text = find(documents, "ConfigMap")["data"]["atomstreamd.textproto"]
        wanted = set(re.findall(r'"/etc/atomstream/certs/([^"]+)"', text))
        wanted |= {pathlib.Path(e["value"]).name for e in pod["containers"][0]["env"]}
        for file in sorted(wanted):
            expect((folder / "certs" / file).exists(), f"make_certs.sh makes no {file}")
        text = text.replace("/etc/atomstream/certs", str(folder / "certs"))
        text = text.replace("/usr/share/atomstream/models", str(repository / "config/models"))
        text = text.replace("/var/lib/atomstream", str(folder))
        (folder / "atomstreamd.textproto").write_text(text)
        done = subprocess.run([daemon, f"--config={folder}/atomstreamd.textproto", "--validate_only"],
                              capture_output=True, text=True)
        expect(done.returncode == 0, f"the daemon refuses the configuration: {done.stdout}{done.stderr}")


def check_container_file(expect, repository, documents):
    text = (repository / "deploy/container/Containerfile").read_text()
    instructions = re.sub(r"#.*\n", "", text).replace("\\\n", " ").splitlines()
    stages = []
    for line in filter(str.strip, instructions):
        word, rest = line.split(None, 1)
        if word == "FROM":
            stages.append(rest)
        elif word == "COPY" and "--from" not in rest:
            for source in shlex.split(rest)[:-1]:
                expect((repository / source).exists(), f"Containerfile: COPY {source}: is not there")
    expect(len(stages) == 2, f"Containerfile: {len(stages)} stages, not two")
    user = re.search(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    pod = find(documents, "StatefulSet")["spec"]["template"]["spec"]["securityContext"]
    expect(user and (int(user[1]), int(user[2])) == (pod["runAsUser"], pod["runAsGroup"]),
           "Containerfile and StatefulSet have different users")


def main():
    need_kubectl()
    repository = pathlib.Path(sys.argv[1]).resolve()
    daemon = pathlib.Path(sys.argv[2]).resolve()
    problems = []

    def expect(ok, what):
        if not ok:
            problems.append(what)

    manifests = repository / "deploy/kubernetes"
    base, gpu = build(manifests / "base"), build(manifests / "gpu")
    for documents in (base, gpu):
        check_references(expect, documents)
        check_life(expect, documents)
    check_gpu(expect, base, gpu)
    check_config(expect, repository, daemon, base)
    check_container_file(expect, repository, base)
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"{len(base)} manifests checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
