"""Members of requests at the edge of what AWS documents, where they are accepted, and beyond it."""

from __future__ import annotations

import re

import pytest
from documented_bounds import BOUNDS, NO_SOURCE, Bound
from model_requests import MODEL, NAMES, Place, bases_of, changed, filled, variants

KNOWN = [bound for bound in BOUNDS if bound.operation in NAMES]  # older botocores know fewer operations


def ask(place: Place, bound: Bound, number: int) -> str:
    """The code of the refusal; "" when the request is accepted."""
    shape = MODEL.operation_model(bound.operation).input_shape
    assert shape is not None
    bases = bases_of(bound.operation)
    params = next((base for base in bases if bound.member.split(".")[0] in base), bases[0])
    value = bound.value(number)
    members = {**bound.others, **dict.fromkeys((bound.member, *bound.same), value)}
    for member, held in members.items():
        path = tuple(member.split("."))
        params = changed(filled(params, shape, path), path, held)
    place.reset()
    reply = place.ask(bound.operation, params)
    code = re.search(rb"<Code>(.*?)</Code>", reply.body)
    return code[1].decode() if code else f"{reply.status}" if reply.status >= 400 else ""


@pytest.mark.parametrize("bound", [bound for bound in KNOWN if bound.edges], ids=lambda b: f"{b[0]}-{b[1]}")
def test_the_edge_is_accepted(place: Place, bound: Bound) -> None:
    edges = [number for number in (bound.least, bound.most) if number is not None]
    assert {number: ask(place, bound, number) for number in edges} == dict.fromkeys(edges, "")


@pytest.mark.parametrize("bound", KNOWN, ids=lambda b: f"{b[0]}-{b[1]}")
def test_what_is_beyond_the_edge_is_refused(place: Place, bound: Bound) -> None:
    beyond = [] if not bound.least else [bound.least - 1]
    beyond += [] if bound.most is None else [bound.most + 1]
    assert beyond
    assert {number: ask(place, bound, number) for number in beyond} == dict.fromkeys(beyond, bound.code)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_text_is_refused_or_known_to_have_no_bound(place: Place, name: str) -> None:
    bounded = {bound.member for bound in KNOWN if bound.operation == name}
    taken = set()
    for variant in variants(name):
        if variant.kind == "long" and ".".join(variant.path) not in bounded:
            place.reset()
            if place.ask(name, variant.params).status < 400:
                taken.add(".".join(variant.path[-2:]))
    assert taken <= NO_SOURCE.keys()
