"""Real clouds for the enrichment to ask."""

from tests.simulator.cloud.conftest import start_cloud as start_cloud
