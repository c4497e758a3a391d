"""Say, before anything large is fetched, whether the pinned packages exist for this machine."""

import platform
import sys

MACHINES = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",), "Windows": ("AMD64",)}


def problem(python, system, machine, mac_version):
    """Return why the pinned packages cannot be installed, in a sentence; None if they can."""
    if not (3, 11) <= python < (3, 15):
        return f"Python 3.11 to 3.14 is needed, and this is {python[0]}.{python[1]}: make PYTHON=python3.12 ..."
    if machine not in MACHINES.get(system, ()):
        return ("The pinned packages exist for Linux (x86_64, aarch64), Windows (AMD64) and Macs with Apple silicon, "
                f"not for {system} on {machine}.")
    if system == "Darwin" and int(mac_version.split(".")[0]) < 14:
        return f"The pinned packages need macOS 14 or newer, and this is macOS {mac_version}."


if __name__ == "__main__":
    sys.exit(problem(sys.version_info[:2], platform.system(), platform.machine(), platform.mac_ver()[0]))
