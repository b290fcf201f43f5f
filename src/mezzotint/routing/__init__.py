"""The operator's file, mezzotint.toml: which engine paints which model, and what the engines need to know for it."""

from __future__ import annotations

from mezzotint.routing.file import read_routing
from mezzotint.routing.models import Offer, Route, Routing
from mezzotint.routing.providers import Kind, Provider
from mezzotint.routing.weights import Lora, Tuning, Weights

__all__ = ["Kind", "Lora", "Offer", "Provider", "Route", "Routing", "Tuning", "Weights", "read_routing"]
