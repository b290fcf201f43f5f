"""What cards are made of, and the parameters that many of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from mezzotint.core.parameters import REQUIRED, Kind, Parameter
from mezzotint.core.rules import Rule

MEGAPIXEL = 1_000_000
FOUR_MEGAPIXELS = 4_194_304  # 2048 x 2048, the most that FLUX.2 paints


class Surface(str, Enum):
    """The two kinds of card. CometAPI's native routes take the cards of BFL; OpenAI's surface maps onto them too."""

    BFL = "bfl"
    REPLICATE = "replicate"


class Sizing(str, Enum):
    """Where a picture's size comes from."""

    PIXELS = "width and height"
    AUTOMATIC = "width and height, or automatic: as the first input picture, else 1 MP"
    RATIO = "aspect_ratio"
    INPUT = "the input picture"
    EXPANDED = "the input picture and the margins"
    FORMAT = "aspect_ratio and megapixels"


@dataclass(frozen=True)
class Price:
    """Credits (0.01 USD) for a picture: `first` for the first megapixel or the whole picture, `further` for each more, `given` for
    each megapixel of input. `first` None: no price is known, nothing is charged. `by_size`: resolution word to credits."""

    first: float | None = None
    further: float = 0.0
    given: float = 0.0
    by_size: tuple[tuple[str, float], ...] = ()

    @property
    def by_megapixel(self) -> bool:
        return self.further > 0


@dataclass(frozen=True, eq=False)  # cards are compared by identity: there is one of each
class ModelCard:
    """A model as one kind of surface offers it. `source` says where its numbers come from; `strict`, that unknown fields are
    refused; `pixels`, the area that ratios are turned into; `output`, whether Replicate answers a list or one URL."""

    name: str
    surface: Surface
    family: str
    about: str
    parameters: Mapping[str, Parameter]
    source: str
    sizing: Sizing = Sizing.PIXELS
    pixels: int = MEGAPIXEL
    rules: tuple[Rule, ...] = ()
    price: Price = Price()
    aliases: tuple[str, ...] = ()
    retired: str = ""
    strict: bool = False
    comet: bool = False  # named by a CometAPI document
    listed: bool = True  # False: known, but this server paints no such thing
    output: str = "one"
    version: str = ""

    @cached_property
    def image_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters.values() if parameter.image)

    @cached_property
    def needs_picture(self) -> bool:
        return any(parameter.required for parameter in self.image_parameters)

    @property
    def all_names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


def text(name: str, about: str, **rest: object) -> Parameter:
    return Parameter(name, Kind.STRING, about, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


def integer(name: str, about: str, low: int | None = None, high: int | None = None, **rest: object) -> Parameter:
    return Parameter(name, Kind.INTEGER, about, minimum=low, maximum=high, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


def number(name: str, about: str, low: float | None = None, high: float | None = None, **rest: object) -> Parameter:
    return Parameter(name, Kind.NUMBER, about, minimum=low, maximum=high, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


def switch(name: str, about: str, **rest: object) -> Parameter:
    return Parameter(name, Kind.BOOLEAN, about, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


def picture(name: str, about: str, **rest: object) -> Parameter:
    """A picture by URL, bare base64 or data URL; optional and nullable unless said otherwise."""
    return Parameter(name, Kind.STRING, about, **{"nullable": True, "image": True, **rest})  # type: ignore[arg-type]  # fields by name, which dataclasses check


LARGEST_SEED = 2**64 - 1  # ComfyUI's nodes send as much

PROMPT = text("prompt", "What the picture should show.", default=REQUIRED)
OPTIONAL_PROMPT = PROMPT.but(default="")
NULLABLE_PROMPT = PROMPT.but(default="", nullable=True)
IMAGE_PROMPT = picture("image_prompt", "A picture that guides style and content.")
IMAGE_PROMPT_STRENGTH = number("image_prompt_strength", "How much the image prompt counts against the prompt.", 0, 1, default=0.1)
WIDTH = integer("width", "Pixels across.", 256, 1440, default=1024, multiple_of=32)
HEIGHT = WIDTH.but(name="height", about="Pixels down.", default=768)
SIZE = (WIDTH, HEIGHT)
AUTO_WIDTH = integer("width", "Pixels across; 0, null or absent: automatic.", 64, default=0, nullable=True, multiple_of=16, also=(0,))
AUTO_HEIGHT = AUTO_WIDTH.but(name="height", about="Pixels down; 0, null or absent: automatic.")
AUTO_SIZE = (AUTO_WIDTH, AUTO_HEIGHT)
ASPECT_RATIO = text("aspect_ratio", "Width by height, such as 16:9.")
STEPS = integer("steps", "Denoising steps: more is finer and slower.", 1, 50, default=28, nullable=True)
TOOL_STEPS = STEPS.but(default=50, minimum=15)
PROMPT_UPSAMPLING = switch("prompt_upsampling", "Let the server enrich the prompt before painting.", default=False)
SEED = integer("seed", "Repeats a picture; drawn at random when absent.", 0, LARGEST_SEED, nullable=True)
GUIDANCE = number("guidance", "How closely the picture follows the prompt.", 1.5, 5, default=3.0, nullable=True)
INTERVAL = number("interval", "Variance: higher is more varied and less faithful.", 1, 4, default=2.0, nullable=True)
SAFETY_TOLERANCE = integer("safety_tolerance", "Moderation from 0 (strictest) to 6; higher than the model's top counts as its top.", 0, 6, default=2)
SAFETY_TO_5 = SAFETY_TOLERANCE.but(maximum=5)
OUTPUT_FORMAT = text("output_format", "File format of the picture.", default="jpeg", nullable=True, choices=("jpeg", "png", "webp"))
OUTPUT_PNG = OUTPUT_FORMAT.but(default="png")
OUTPUT_OLD = OUTPUT_FORMAT.but(choices=("jpeg", "png"), note="webp came after this model was retired")
RAW = switch("raw", "Less processed, more natural pictures.", default=False)
WEBHOOK_URL = text("webhook_url", "Where to POST the result when the task ends.", nullable=True, min_length=1, max_length=2083, format="uri")
WEBHOOK_SECRET = text("webhook_secret", "Signs what is sent to webhook_url.", nullable=True)
WEBHOOK = (WEBHOOK_URL, WEBHOOK_SECRET)
INPUT_IMAGE = picture("input_image", "A picture to edit or to refer to.")
USER = text("user", "Your own tag for the end user.", nullable=True, min_length=1, max_length=256, note="newer field, seen in documents only")
IMAGE = picture("image", "The picture to work on.", default=REQUIRED, nullable=False)
MASK = picture("mask", "Where to paint: white is repainted, black is kept; same size as the picture. May be left out when it has alpha.")
CONTROL_IMAGE = picture("control_image", "The picture whose structure is followed.")
PREPROCESSED_IMAGE = picture("preprocessed_image", "A ready-made control picture (edges or depth), used as it is.")
CANNY_LOW = integer("canny_low_threshold", "Edges weaker than this are dropped.", 0, 500, default=50, nullable=True)
CANNY_HIGH = integer("canny_high_threshold", "Edges stronger than this are kept.", 0, 500, default=200, nullable=True)
FINETUNE_ID = text("finetune_id", "Which finetune to use.", default=REQUIRED)
FINETUNE_STRENGTH = number("finetune_strength", "How much the finetune counts.", 0, 2, default=1.1)


def input_images(count: int) -> tuple[Parameter, ...]:
    """input_image, input_image_2 … input_image_<count>."""
    return (INPUT_IMAGE, *(INPUT_IMAGE.but(name=f"input_image_{n}", about=f"Picture {n} to refer to.") for n in range(2, count + 1)))
