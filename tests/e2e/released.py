"""The weights that are released."""

from rwdenoise.network.weights import list_weights, read_facts
from rwdenoise.photo.cfa import Domain


def names_of(domain: Domain) -> list[str]:
    """Return the names of those for a domain."""
    return [listed.name for listed in list_weights() if read_facts(listed.path).architecture.domain == domain]
