"""The weights that are released."""

from rwdenoise.network.manifest import list_weights
from rwdenoise.network.unet import Domain
from rwdenoise.network.weights import read_facts


def names_of(domain: Domain) -> list[str]:
    """Return the names of those for a domain."""
    return [listed.name for listed in list_weights() if read_facts(listed.path).architecture.domain == domain]
