"""How much processor time processes used, from /proc; 0 where there is none."""

import os
import resource
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """Return the seconds a process has used."""
    user, system, _, _ = _times(pid)
    return user + system


def cpu_with_children(pid: int) -> float:
    """Return the seconds a process, its living children and those it has waited for have used."""
    total = sum(_times(pid))
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                total += cpu_of(int(entry.name))
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile
    return total


def cpu_of_ended() -> float:
    """Return the seconds that all processes we started and waited for have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _times(pid: int) -> tuple[float, float, float, float]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0, 0.0, 0.0
    user, system, waited_user, waited_system = (int(ticks) / _TICKS_PER_S for ticks in fields[11:15])
    return user, system, waited_user, waited_system
