"""Why two answers differ: the porting mistake that reconciles them, in a sentence, with the fix."""

from __future__ import annotations

from pybn.diagnosis.ask import diagnose
from pybn.diagnosis.candidate import NONE_FITS, Diagnosis
from pybn.diagnosis.whole import CaseDiagnosis, Patience, diagnose_case

__all__ = ["NONE_FITS", "CaseDiagnosis", "Diagnosis", "Patience", "diagnose", "diagnose_case"]
