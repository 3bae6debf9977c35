"""What the commands print: tables that a person likes to read, and versioned JSON."""

from __future__ import annotations

from pybn.report.gradients import IN_DOUBLE, gradients_json, gradients_summary, gradients_table
from pybn.report.parity import parity_json, parity_summary, parity_table
from pybn.report.style import SCHEMA, Style, printable

__all__ = [
    "IN_DOUBLE",
    "SCHEMA",
    "Style",
    "gradients_json",
    "gradients_summary",
    "gradients_table",
    "parity_json",
    "parity_summary",
    "parity_table",
    "printable",
]
