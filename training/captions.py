"""Sentences for scenes and edits of them, in English, German and Turkish, from one small grammar per language.

A caption names what it must for the scene to follow from it and leaves the rest to chance, as people do.
"""

from __future__ import annotations

from training import english, german, turkish
from training.edits import Edit
from training.phrases import GENERIC, SHOWN_OFF
from training.scenes import Scene
from training.wording import Chance, Facts, pick

LANGUAGE_SHARES = {"en": 0.50, "de": 0.22, "tr": 0.28}
GENERIC_SHARE = 0.2  # of the scenes that may answer a prompt about nothing in particular
WRITERS = {"en": english.describe, "de": german.describe, "tr": turkish.describe}
INSTRUCTORS = {"en": english.instruct, "de": german.instruct, "tr": turkish.instruct}


def facts_told(chance: Chance, scene: Scene) -> Facts:
    """Which of the scene's facts a caption mentions."""
    return Facts(
        place=scene.backdrop is None and chance.random() > (0.30 if scene.place == "plain" else 0.10),
        time=scene.time is not None and scene.look != "night photo" and chance.random() > (0.35 if scene.time == "day" else 0.04),
        size=scene.size is not None and chance.random() > (0.30 if scene.size == "big" else 0.05),
        camera=chance.random() < 0.3,
        look=scene.look != "3d" or chance.random() < 0.04,
        filler=chance.random() < 0.08,
    )


def a_language(chance: Chance) -> str:
    return str(chance.choice(list(LANGUAGE_SHARES), p=list(LANGUAGE_SHARES.values())))


def shown_off(scene: Scene) -> bool:
    """Whether the scene may be what is shown to somebody who asks for nothing in particular."""
    plain = scene.count == 1 and scene.colour is scene.size is scene.position is scene.second is scene.weather is None
    return plain and scene.look == "3d" and (scene.thing, scene.place) in SHOWN_OFF


def described(scene: Scene, chance: Chance, language: str) -> str:
    """A sentence in `language` for what the scene shows."""
    return WRITERS[language](scene, facts_told(chance, scene), chance)


def caption(scene: Scene, chance: Chance, language: str | None = None) -> str:
    """A sentence for the scene, in `language` or in one drawn by LANGUAGE_SHARES, now and then one that asks for nothing."""
    if language is None:
        language = a_language(chance)
        if shown_off(scene) and chance.random() < GENERIC_SHARE:
            return pick(chance, GENERIC[language])
    return described(scene, chance, language)


def instruction(edit: Edit, chance: Chance, language: str) -> str:
    """What one would say to have the edit made."""
    return INSTRUCTORS[language](edit, chance)
