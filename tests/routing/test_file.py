"""The operator's file: what it says is what holds, and what is wrong with it is said with file, table, key and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS
from mezzotint.core.errors import BadSetting
from mezzotint.routing import Kind, Offer, Provider, Routing, read_routing
from mezzotint.settings import Settings, read_settings


def settings_with(folder: Path, content: str | bytes | None, *, engine: str = "nano", config: str = "") -> Settings:
    if content is not None:
        (folder / "mezzotint.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_settings({"MEZZOTINT_ENGINE": engine, "MEZZOTINT_CONFIG": config}, data=folder)


def routing_of(folder: Path, content: str, **settings: str) -> Routing:
    return read_routing(settings_with(folder, content, **settings))


TWO = """
[providers.bfl]
kind = "bfl"
key_env = "BFL_API_KEY"

[providers.next-door]
kind = "mezzotint"
base_url = "http://10.0.0.7:8000/"
key_file = "keys/next-door"
concurrency = 300
timeout = 10
deadline = "20m"
poll = 0.25
not_taken = [500, 502]
credits_per_day = 250
credits_per_month = 4000.5
models = { "flux-dev" = "flux-2-pro" }
prices = { "flux-dev" = 1.5 }
"""


def test_without_a_file_every_model_is_painted_by_the_engine_of_the_settings(tmp_path: Path) -> None:
    routing = read_routing(settings_with(tmp_path, None, engine="stub"))

    assert {routing.of(card).engine for card in CARDS} == {"stub"}
    assert (routing.engines, routing.providers, routing.source) == (("stub",), {}, "")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, "")

    assert {routing.of(card).engine for card in CARDS} == {"nano"}


def test_models_go_where_the_file_sends_them_by_name_before_pattern_and_by_the_first_pattern(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, '[models]\n"flux-2-*" = "stub"\n"flux-2-p*" = "nano"\n"flux-2-max" = "nano"\n"black-forest-labs/*" = {engine = "stub"}\n')
    engines = {name: routing.of(BFL_MODELS[name]).engine for name in ("flux-dev", "flux-2-pro", "flux-2-max")}

    assert engines == {"flux-dev": "nano", "flux-2-pro": "stub", "flux-2-max": "nano"}
    assert routing.of(REPLICATE_MODELS["black-forest-labs/flux-dev"]).engine == "stub"
    assert routing.engines == ("nano", "stub")


def test_a_model_may_be_named_by_any_of_its_names(tmp_path: Path) -> None:
    assert routing_of(tmp_path, '[models]\n"flux-fill" = "stub"').of(BFL_MODELS["flux-pro-1.0-fill"]).engine == "stub"


def test_a_model_s_own_name_goes_before_its_other_names(tmp_path: Path) -> None:
    both = routing_of(tmp_path, '[models]\n"flux-dev" = "stub"\n"black-forest-labs/flux-dev" = "upstream"\n[providers.bfl]\nkind = "bfl"\nkey_env = "K"\n')
    one = routing_of(tmp_path, '[models]\n"flux-dev" = "stub"\n')

    assert (both.of(BFL_MODELS["flux-dev"]).engine, both.of(REPLICATE_MODELS["black-forest-labs/flux-dev"]).engine) == ("stub", "upstream")
    assert one.of(REPLICATE_MODELS["black-forest-labs/flux-dev"]).engine == "stub"


def test_the_default_engine_is_not_started_where_it_paints_nothing(tmp_path: Path) -> None:
    assert routing_of(tmp_path, '[models]\n"*" = "stub"').engines == ("stub",)


def test_providers_are_read_with_all_that_is_said_of_them(tmp_path: Path) -> None:
    providers = routing_of(tmp_path, TWO).providers

    assert providers["bfl"] == Provider("bfl", Kind.BFL, "https://api.bfl.ai", key_env="BFL_API_KEY", concurrency=24)
    assert providers["next-door"] == Provider(
        "next-door", Kind.MEZZOTINT, "http://10.0.0.7:8000", key_file=tmp_path / "keys/next-door", concurrency=300, timeout=10.0, deadline=1200.0, poll=0.25,
        idempotent=True, not_taken=(500, 502), per_day=250.0, per_month=4000.5, models={"flux-dev": "flux-2-pro"}, prices={"flux-dev": 1.5},
    )  # fmt: skip


def test_a_model_has_its_providers_in_order_with_their_names_and_weights(tmp_path: Path) -> None:
    content = TWO + '[models]\n"flux-dev" = {engine="upstream", providers=["bfl", {name="next-door", model="flux-2-pro", weight=2.5}]}\n"flux-pro"="upstream"\n'
    routing = routing_of(tmp_path, content)

    assert routing.of(BFL_MODELS["flux-dev"]).offers == (Offer("bfl"), Offer("next-door", "flux-2-pro", 2.5))
    assert routing.of(BFL_MODELS["flux-pro"]).offers == (Offer("bfl"), Offer("next-door"))
    assert routing.engines == ("nano", "upstream")


def test_everything_may_go_upstream(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, TWO, engine="upstream")

    assert routing.engines == ("upstream",)
    assert routing.of(BFL_MODELS["flux-dev"]).offers == (Offer("bfl"), Offer("next-door"))


def test_the_file_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "etc" / "paint.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_text('[models]\n"flux-dev" = "stub"\n[providers.p]\nkind = "bfl"\nkey_file = "p.key"\n')
    routing = read_routing(settings_with(tmp_path, "this one is not read", config=str(elsewhere)))

    assert routing.of(BFL_MODELS["flux-dev"]).engine == "stub"
    assert routing.providers["p"].key_file == elsewhere.parent / "p.key"
    assert routing.source == str(elsewhere)


P = '[providers.p]\nkind = "bfl"\n'
WRONG = {
    "[models": "is not TOML",
    "[model]": r"mezzotint\.toml: there is no model here. Did you mean models\?",
    "models = 3": r"\[models\]: expected a table, not 3",
    '[models]\n"flux-dev" = "nanno"': r"\[models\] 'flux-dev': engine = 'nanno': expected one of nano, stub",
    '[models]\n"flux-dev" = {weights = "x"}': r"'flux-dev': engine is missing",
    '[models]\n"flux-dev" = {engine = "nano", providers = ["p"]}': r"'flux-dev': there is no providers here",
    '[models]\n"flux-def" = "nano"': r"'flux-def': no model is called so",
    '[models]\n"flux-dev" = 3': r"'flux-dev':: expected a table, not 3|expected a table, not 3",
    '[models]\n"flux-dev" = "upstream"': r"'flux-dev': .*(list that is not empty|no provider to ask)",
    '[models]\n"flux-dev" = {engine = "upstream", providers = ["q"]}\n' + P: r"there is no \[providers\.q\]; there is: p",
    '[models]\n"flux-dev" = {engine = "upstream", providers = []}\n' + P: r"providers = \[\]: expected a list that is not empty",
    '[models]\n"flux-dev" = {engine = "upstream", providers = [{name = "p", weight = 0}]}\n' + P: r"weight = 0: expected a number above 0",
    '[models]\n"flux-dev" = {engine = "upstream", providers = [{weight = 1}]}\n' + P: r"name is missing",
    "[providers]\np = 3": r"\[providers\.p\]: expected a table, not 3",
    '[providers.P]\nkind = "bfl"': r"\[providers\.P\] a provider's name is made of",
    "[providers.p]": r"\[providers\.p\] kind is missing",
    '[providers.p]\nkind = "bfi"': r"kind = 'bfi': expected one of bfl, cometapi, replicate, openai, mezzotint",
    '[providers.p]\nkind = "openai"': r"base_url is missing",
    P + 'base_url = "api.bfl.ai"': r"base_url = 'api.bfl.ai': expected an http or https address",
    P + 'base_url = "https://me:secret@api.bfl.ai"': r"base_url: expected an address without user or password",
    P + 'base_url = "https://api.bfl.ai:99999"': r"base_url = ",
    P + 'key_env = "sk-12345"': r"Do not write the key itself",
    P + 'key_env = "A"\nkey_file = "b"': r"give one of them",
    P + 'key = "secret"': r"there is no key here",
    P + "concurrency = 0": r"concurrency = 0: expected a whole number from 1",
    P + "concurrency = true": r"concurrency = True: expected a whole number",
    P + "timeout = -1": r"timeout = -1: expected a number of at least 0",
    P + 'timeout = "soon"': r"timeout = 'soon': expected seconds",
    P + "deadline = 0": r"deadline = 0: expected 0.01 seconds to 1 day",
    P + "credits_per_day = nan": r"credits_per_day = nan: expected a number of at least 0",
    P + 'idempotent = "yes"': r"idempotent = 'yes': expected true or false",
    P + "not_taken = [200]": r"not_taken = \[200\]: expected HTTP statuses",
    P + "prices = {flux-dev = true}": r"prices = .*expected a number",
    P + "models = {flux-dev = 3}": r"models = .*expected a text in quotes",
}


@pytest.mark.parametrize("content", WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadSetting, match=WRONG[content]) as refused:
        routing_of(tmp_path, content)

    assert "mezzotint.toml" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "12345" not in str(refused.value)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"MEZZOTINT_CONFIG=.*cannot be read"):
        read_routing(settings_with(tmp_path, None, config=str(tmp_path / "nowhere.toml")))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 1_000_001], ids=["bytes", "huge"])
def test_what_is_no_text_or_too_much_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadSetting):
        read_routing(settings_with(tmp_path, content))


def test_nothing_goes_upstream_without_a_provider(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="names no provider"):
        read_routing(settings_with(tmp_path, None, engine="upstream"))


WITHOUT_WEBHOOKS = {
    "openai": ('kind = "openai"\nbase_url = "http://10.0.0.7/v1"', "and has none"),
    "bfl everywhere": ('kind = "bfl"', "set base_url to one region too"),
}


@pytest.mark.parametrize(("said", "why"), WITHOUT_WEBHOOKS.values(), ids=WITHOUT_WEBHOOKS.keys())
def test_webhooks_are_refused_of_those_that_have_none(tmp_path: Path, said: str, why: str) -> None:
    with pytest.raises(BadSetting, match=rf"\[providers.p\].*webhooks: .*{why}"):
        routing_of(tmp_path, f"[providers.p]\n{said}\nwebhooks = true\n")


def test_webhooks_are_asked_of_those_that_have_them(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, '[providers.p]\nkind = "bfl"\nbase_url = "https://api.eu.bfl.ai"\nwebhooks = true\n')

    assert routing.providers["p"].webhooks
