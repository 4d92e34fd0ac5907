"""Measurements that take seconds, made in slices beside training, one kind a file, and the table of them."""

from __future__ import annotations

from visualnet.core.studies.base import Study
from visualnet.core.studies.compare_runs import CompareRuns
from visualnet.core.studies.rate_range import RateRange

STUDIES: tuple[type[Study], ...] = (CompareRuns, RateRange)
