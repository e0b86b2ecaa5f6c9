"""For all tests: nothing of them stays behind."""

from tests.residue import nothing_is_left as nothing_is_left
