"""Figures of answers of which something is hidden: nothing is drawn as 0 that is not 0."""

import pytest

from ethogram.show.charts.draw import svg
from ethogram.show.charts.figure import figure
