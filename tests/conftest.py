"""For all tests: nothing of them stays behind."""

from tests.residue import nothing_is_left as nothing_is_left
from tests.residue import pytest_sessionfinish as pytest_sessionfinish
from tests.residue import pytest_sessionstart as pytest_sessionstart
