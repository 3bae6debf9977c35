"""Check gradients: analytic ones against numeric ones, of layers, of models, and of whatever case files run."""

from __future__ import annotations

from pybn.gradient_check.layers import gradient_check
from pybn.gradient_check.models import gradient_check_model
from pybn.gradient_check.tensor import GradientError, Status

__all__ = ["GradientError", "Status", "gradient_check", "gradient_check_model"]
