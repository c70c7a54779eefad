"""The files of `docs/deploy` for containers, Kubernetes and systemd, as far as that is possible without them.

Kubernetes checks manifests against schemas, and so does `kubernetes-validate`. `systemd-analyze` reads the unit as systemd does;
where it is missing, that test is skipped, unless NO_SKIP is set. A container's first process gets SIGTERM from `docker stop`,
and SIGKILL after 10 seconds; the test of that needs a namespace of processes, as root has.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import kubernetes_validate
import yaml
from test_proxies import BINARIES, DEPLOY, ROOT, SECONDS, Process
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

GUIDE = (ROOT / "ws-runtime" / "docs" / "guide" / "containers.md").read_text()


def skip(test, missing):
    if os.environ.get("NO_SKIP"):
        test.fail(missing)
    test.skipTest(missing)


class DeployTest(unittest.TestCase):
    def dockerfile(self):
        lines = (line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line and not line.startswith("#"))
        return [tuple(line.split(maxsplit=1)) for line in lines]

    def test_the_dockerfile(self):
        file = self.dockerfile()
        (build, final) = [value for name, value in file if name == "FROM"]
        version, debian = re.fullmatch(r"rust:(\d+\.\d+)-(\w+) AS build", build).groups()
        # A program does not run with an older C library than that of its build.
        self.assertEqual(final, f"debian:{debian}-slim")
        pinned = re.search(r'channel = "(\d+\.\d+)', (ROOT / "rust-toolchain.toml").read_text())
        self.assertEqual(version, pinned[1])
        instructions = dict(file)
        self.assertIn("--locked --bin server", instructions["RUN"])
        # A list, which is not run by a shell.
        (program,) = json.loads(instructions["CMD"])
        self.assertEqual(instructions["COPY"], f"--from=build /src/target/release/server {program}")
        unit = (DEPLOY / "server.service").read_text()
        self.assertIn(f"ExecStart={program}\n", unit)

    def test_the_manifests(self):
        deployment, service = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
        for manifest in [deployment, service]:
            # The page says from which version on it holds.
            for version in ["1.30", kubernetes_validate.latest_version()]:
                kubernetes_validate.validate(manifest, version, strict=True)
        pod = deployment["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        port = int(dict(self.dockerfile())["EXPOSE"])
        self.assertEqual([one["containerPort"] for one in container["ports"]], [port])
        self.assertEqual(container["livenessProbe"]["tcpSocket"]["port"], port)
        ready = container["readinessProbe"]["httpGet"]
        self.assertEqual(ready["port"], port)
        self.assertIn(f'.health("{ready["path"]}")', GUIDE)
        self.assertIn(f'app.run("0.0.0.0:{port}")', GUIDE)
        self.assertEqual([one["targetPort"] for one in service["spec"]["ports"]], [port])
        labels = pod["metadata"]["labels"]
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(service["spec"]["selector"], labels)
        before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreater(pod["spec"]["terminationGracePeriodSeconds"], before + self.shutdown())

    def test_a_manifest_with_a_mistake_is_found(self):
        deployment, _ = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        container["lifecycle"]["preStop"]["sleep"] = {"second": 5}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, "1.30", strict=True)

    def shutdown(self):
        """How long a shutdown of the page's app takes at most, in seconds."""
        spread = int(re.search(r"shutdown_spread\(Duration::from_secs\((\d+)\)\)", GUIDE)[1])
        defaults = (ROOT / "ws-runtime" / "src" / "serve" / "server.rs").read_text()
        return spread + int(re.search(r"deadline: Duration::from_secs\((\d+)\)", defaults)[1])

    def test_the_unit_of_systemd(self):
        analyze = shutil.which("systemd-analyze")
        if not analyze:
            skip(self, "systemd-analyze is not there")
        unit = (DEPLOY / "server.service").read_text()
        self.assertGreater(int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]), self.shutdown())
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = directory / "server.service"

        def verify(text):
            # It also checks that the program is there.
            path.write_text(text.replace("/usr/local/bin/server", str((BINARIES / "echo").resolve())))
            command = [analyze, "verify", "--man=no", path]
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
            return "\n".join(line for line in done.stderr.splitlines() if "server.service" in line)

        self.assertEqual(verify(unit), "")
        self.assertIn("LimitFiles", verify(unit.replace("LimitNOFILE", "LimitFiles")))

    def test_docker_stop_ends_a_first_process_with_a_stubborn_endpoint_in_time(self):
        # In a namespace of its own the server is process 1, which no signal ends that it does not handle.
        namespace = ["unshare", "--pid", "--fork", "--kill-child"]
        if not shutil.which("unshare") or subprocess.run([*namespace, "true"], capture_output=True).returncode:
            # Containers without privileges do not allow it, so NO_SKIP does not ask for it.
            self.skipTest("there is no namespace of processes for this user")
        server = Process([*namespace, BINARIES / "signalled", "default"])
        try:
            (first,) = map(int, Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split())
            with connect(f"ws://{server.address}/hangs", proxy=None) as ws:
                self.assertEqual(ws.recv(timeout=SECONDS), "ready")
                begin = time.monotonic()
                os.kill(first, 15)
                with self.assertRaises(ConnectionClosed) as closed:
                    ws.recv(timeout=SECONDS)
                self.assertEqual(closed.exception.rcvd.code, 1001)
                self.assertEqual(server.process.wait(SECONDS), 0)
                self.assertLess(time.monotonic() - begin, 10)
        finally:
            server.stop()


if __name__ == "__main__":
    unittest.main()
