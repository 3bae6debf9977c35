"""Where two answers to a case part: the first tensor that differs, and which side is further from the truth."""

from __future__ import annotations

from pybn.divergence.first import Divergence, Row, first_divergence
from pybn.divergence.order import Place, walk
from pybn.divergence.reference import Reference

__all__ = ["Divergence", "Place", "Reference", "Row", "first_divergence", "walk"]
