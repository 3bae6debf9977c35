"""Making a folder of MATLAB code fit for Octave: a copy of it in which each line is where it was."""

from pybn.staging.findings import CANNOT, SILENT, Edit, Rewrite, Trouble
from pybn.staging.plan import Plan, Staged, plan
from pybn.staging.write import lay, report, write

__all__ = [
    "CANNOT",
    "SILENT",
    "Edit",
    "Plan",
    "Rewrite",
    "Staged",
    "Trouble",
    "lay",
    "plan",
    "report",
    "write",
]
