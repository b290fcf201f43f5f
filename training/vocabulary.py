"""The things and colours nano is taught, declared once, and the pairs held out of training. `phrases` has what else is said.

Each noun carries its English, German and Turkish forms, where its picture comes from, where it is usually found and
whether it can be recoloured. Captions (`captions.py`), scenes (`scenes.py`) and the evaluation read these tables.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A thing that can stand in a scene.

    `sprite` is a Fluent Emoji 3D code, or the name of a function in `drawings.py`. `hue` is the hue in degrees that
    recolouring replaces, None where the thing keeps its own colours; `grey` says that it is recoloured by tinting its
    greys instead. `home` lists where it is usually met. `gender` is German (m, f, n). `back` is how high something stands
    that stands on it, in half tokens where it is four tokens wide; None where nothing does.
    """

    name: str
    sprite: str
    plural: str
    german: str
    gender: str
    german_plural: str
    turkish: str
    home: tuple[str, ...]
    hue: float | None = None
    grey: bool = False
    words: tuple[str, ...] = ()  # other English words for it
    flies: bool = False
    cut: float = 1.0  # keep this share of the sprite's height: boats are drawn on water of their own
    back: int | None = None
    canopy: bool = False  # something may stand under it, though it does not fly
    since: int = 1  # the version of nano that learnt it first

    @property
    def recolourable(self) -> bool:
        return self.hue is not None or self.grey


LAND = ("field", "forest", "mountains")
WATER = ("water", "beach")
TOWN = ("city",)
TABLE = ("table", "plain")
ANY = ("field", "beach", "snow", "city", "table", "room", "plain")


def noun(name: str, sprite: str, plural: str, german: str, turkish: str, home: tuple[str, ...], **rest: object) -> Noun:
    """A Noun from its short form: `german` is "gender singular plural"."""
    gender, singular, several = german.split()
    return Noun(name, sprite, plural, singular, gender, several, turkish, home, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


NOUNS = (
    # animals
    noun("cat", "1f408", "cats", "f Katze Katzen", "kedi", (*LAND, "city", "table", "plain", "room"), hue=33, words=("kitten", "kitty")),
    noun("dog", "1f415", "dogs", "m Hund Hunde", "köpek", (*LAND, "beach", "snow", "city", "plain", "room"), hue=33, words=("puppy",)),
    noun("rabbit", "1f407", "rabbits", "m Hase Hasen", "tavşan", ("field", "forest", "snow"), grey=True, words=("bunny", "hare")),
    noun("horse", "1f40e", "horses", "n Pferd Pferde", "at", (*LAND, "beach"), words=("pony",), back=6),
    noun("cow", "1f404", "cows", "f Kuh Kühe", "inek", ("field", "mountains"), back=5),
    noun("pig", "1f416", "pigs", "n Schwein Schweine", "domuz", ("field",), words=("piglet",), back=5),
    noun("elephant", "1f418", "elephants", "m Elefant Elefanten", "fil", ("field", "forest", "desert"), back=6),
    noun("tiger", "1f405", "tigers", "m Tiger Tiger", "kaplan", ("forest", "field")),
    noun("camel", "1f42b", "camels", "n Kamel Kamele", "deve", ("desert",)),
    noun("giraffe", "1f992", "giraffes", "f Giraffe Giraffen", "zürafa", ("field", "desert")),
    noun("zebra", "1f993", "zebras", "n Zebra Zebras", "zebra", ("field", "desert")),
    noun("penguin", "1f427", "penguins", "m Pinguin Pinguine", "penguen", ("snow", "water")),
    noun("owl", "1f989", "owls", "f Eule Eulen", "baykuş", ("forest", "sky")),
    noun("duck", "1f986", "ducks", "f Ente Enten", "ördek", ("water", "field")),
    noun("turtle", "1f422", "turtles", "f Schildkröte Schildkröten", "kaplumbağa", ("beach", "water", "field", "underwater"), words=("tortoise",), back=4),
    noun("dinosaur", "1f996", "dinosaurs", "m Dinosaurier Dinosaurier", "dinozor", ("forest", "desert", "mountains"), hue=160, words=("t-rex",)),
    noun("flamingo", "1f9a9", "flamingos", "m Flamingo Flamingos", "flamingo", ("water", "beach")),
    noun("swan", "1f9a2", "swans", "m Schwan Schwäne", "kuğu", ("water",)),
    noun("parrot", "1f99c", "parrots", "m Papagei Papageien", "papağan", ("forest", "beach", "sky")),
    noun("whale", "1f433", "whales", "m Wal Wale", "balina", ("water", "underwater")),
    noun("dolphin", "1f42c", "dolphins", "m Delfin Delfine", "yunus", ("water", "underwater")),
    noun("fish", "1f41f", "fish", "m Fisch Fische", "balık", ("water", "underwater"), hue=208),
    noun("butterfly", "1f98b", "butterflies", "m Schmetterling Schmetterlinge", "kelebek", ("field", "forest", "sky"), hue=15, flies=True),
    noun("snail", "1f40c", "snails", "f Schnecke Schnecken", "salyangoz", ("field", "forest")),
    # vehicles
    noun("car", "1f697", "cars", "n Auto Autos", "araba", ("city", "desert", "mountains", "snow"), hue=350, words=("automobile",), back=5),
    noun("bus", "1f68c", "buses", "m Bus Busse", "otobüs", ("city",), hue=33, back=6),
    noun("truck", "1f69a", "trucks", "m Lastwagen Lastwagen", "kamyon", ("city", "desert"), hue=20, words=("lorry",), back=6),
    noun("bicycle", "1f6b2", "bicycles", "n Fahrrad Fahrräder", "bisiklet", ("city", "beach", "field"), hue=350, words=("bike",)),
    noun("tractor", "1f69c", "tractors", "m Traktor Traktoren", "traktör", ("field",), hue=150),
    noun("train", "1f682", "trains", "m Zug Züge", "tren", ("mountains", "field", "snow"), words=("locomotive", "steam train")),
    noun("airplane", "2708-fe0f", "airplanes", "n Flugzeug Flugzeuge", "uçak", ("mountains", "beach", "city", "sky"), words=("plane", "aeroplane"), flies=True),
    noun("rocket", "1f680", "rockets", "f Rakete Raketen", "roket", ("space", "desert"), hue=350, flies=True),
    noun("helicopter", "1f681", "helicopters", "m Hubschrauber Hubschrauber", "helikopter", ("city", "mountains", "sky"), hue=25, flies=True),
    noun("sailboat", "26f5", "sailboats", "n Segelboot Segelboote", "yelkenli", ("water",), hue=38, words=("sailing boat", "boat"), cut=0.775),
    noun("ship", "1f6a2", "ships", "n Schiff Schiffe", "gemi", ("water",), cut=0.82),
    noun("paper boat", "paper_boat", "paper boats", "n Papierboot Papierboote", "kağıt gemi", ("water",), grey=True, words=("origami boat",)),
    # plants
    noun("tree", "1f333", "trees", "m Baum Bäume", "ağaç", ("field", "mountains", "city")),
    noun("fir tree", "1f332", "fir trees", "f Tanne Tannen", "çam ağacı", ("snow", "mountains", "forest"), words=("pine tree",)),
    noun("palm tree", "1f334", "palm trees", "f Palme Palmen", "palmiye", ("beach", "desert")),
    noun("cactus", "1f335", "cactuses", "m Kaktus Kakteen", "kaktüs", ("desert",)),
    noun("tulip", "1f337", "tulips", "f Tulpe Tulpen", "lale", ("field", "table", "plain"), hue=310),
    noun("rose", "1f339", "roses", "f Rose Rosen", "gül", ("field", "table", "plain"), hue=355),
    noun("sunflower", "1f33b", "sunflowers", "f Sonnenblume Sonnenblumen", "ayçiçeği", ("field", "plain")),
    noun("mushroom", "1f344", "mushrooms", "m Pilz Pilze", "mantar", ("forest", "field"), hue=350, back=7),
    # food
    noun("apple", "1f34e", "apples", "m Apfel Äpfel", "elma", TABLE, hue=350),
    noun("banana", "1f34c", "bananas", "f Banane Bananen", "muz", TABLE),
    noun("strawberry", "1f353", "strawberries", "f Erdbeere Erdbeeren", "çilek", TABLE),
    noun("cake", "1f382", "cakes", "f Torte Torten", "pasta", TABLE, words=("birthday cake",)),
    noun("pizza", "1f355", "pizzas", "f Pizza Pizzas", "pizza", TABLE, words=("slice of pizza",)),
    noun("ice cream", "1f366", "ice creams", "n Eis Eis", "dondurma", ("beach", *TABLE)),
    noun("cup of coffee", "2615", "cups of coffee", "f Kaffeetasse Kaffeetassen", "kahve fincanı", TABLE, grey=True, words=("coffee", "coffee cup")),
    noun("pumpkin", "1f383", "pumpkins", "m Kürbis Kürbisse", "balkabağı", ("field", *TABLE), words=("jack-o'-lantern",), back=6),
    # buildings
    noun("house", "1f3e0", "houses", "n Haus Häuser", "ev", (*LAND, "snow", "beach", "city"), hue=15, words=("cottage", "cabin"), back=7),
    noun("castle", "1f3f0", "castles", "n Schloss Schlösser", "kale", ("mountains", "field", "snow")),
    noun("tent", "26fa", "tents", "n Zelt Zelte", "çadır", ("forest", "mountains", "field", "desert"), hue=125),
    noun("lighthouse", "lighthouse", "lighthouses", "m Leuchtturm Leuchttürme", "deniz feneri", ("beach", "water")),
    # things
    noun("umbrella", "2602-fe0f", "umbrellas", "m Regenschirm Regenschirme", "şemsiye", ("beach", "city", "plain"), hue=258, canopy=True),
    noun("balloon", "1f388", "balloons", "m Luftballon Luftballons", "balon", ANY, hue=350, flies=True),
    noun("teddy bear", "1f9f8", "teddy bears", "m Teddybär Teddybären", "oyuncak ayı", ANY, hue=30),
    noun("guitar", "1f3b8", "guitars", "f Gitarre Gitarren", "gitar", ("plain", "beach", "table", "room"), hue=345),
    noun("gift", "1f381", "gifts", "n Geschenk Geschenke", "hediye", ("table", "plain", "snow"), hue=45, words=("present", "gift box"), back=7),
    noun("chair", "1fa91", "chairs", "m Stuhl Stühle", "sandalye", ("plain", "beach", "field", "room"), hue=8),
    noun("ball", "26bd", "balls", "m Ball Bälle", "top", ("field", "beach", "plain"), hue=215, words=("football", "soccer ball")),
    noun("snowman", "26c4", "snowmen", "m Schneemann Schneemänner", "kardan adam", ("snow",)),
    noun("fox", "fox", "foxes", "m Fuchs Füchse", "tilki", ("forest", "snow", "field"), hue=22, since=2),
    noun("bird", "1f426", "birds", "m Vogel Vögel", "kuş", ("forest", "field", "sky"), hue=345, flies=True, since=2),
    noun("octopus", "1f419", "octopuses", "m Oktopus Oktopusse", "ahtapot", ("underwater", "beach"), since=2),
    noun("crab", "1f980", "crabs", "f Krabbe Krabben", "yengeç", ("beach", "underwater"), hue=345, since=2),
    noun("robot", "1f916", "robots", "m Roboter Roboter", "robot", ("room", "city", "plain", "space"), back=7, since=2),
    noun("star", "2b50", "stars", "m Stern Sterne", "yıldız", ("space", "sky", "plain"), hue=45, flies=True, since=2),
    noun("moon", "1f315", "moons", "m Mond Monde", "ay", ("space", "sky"), flies=True, since=2),
    noun("kite", "1fa81", "kites", "m Drachen Drachen", "uçurtma", ("sky", "field", "beach"), flies=True, since=2),
    noun("paper plane", "paper_plane", "paper planes", "m Papierflieger Papierflieger", "kağıt uçak", ("sky", "room", "plain"), grey=True, flies=True, since=2),
)  # fmt: skip

BY_NAME = {thing.name: thing for thing in NOUNS}


@dataclass(frozen=True)
class Colour:
    """A colour word. `german` is the stem that takes an ending; `rgb` is what grey things are tinted with."""

    name: str
    german: str
    turkish: str
    rgb: tuple[float, float, float]
    hue: float | None  # degrees; None for the greys


COLOURS = (
    Colour("red", "rot", "kırmızı", (0.90, 0.16, 0.20), 355),
    Colour("orange", "orangefarben", "turuncu", (0.98, 0.53, 0.12), 27),
    Colour("yellow", "gelb", "sarı", (0.98, 0.83, 0.18), 48),
    Colour("green", "grün", "yeşil", (0.22, 0.70, 0.32), 130),
    Colour("blue", "blau", "mavi", (0.16, 0.45, 0.92), 215),
    Colour("purple", "lila", "mor", (0.56, 0.30, 0.82), 272),
    Colour("pink", "rosa", "pembe", (0.98, 0.52, 0.72), 330),
    Colour("white", "weiß", "beyaz", (0.97, 0.97, 0.98), None),
    Colour("black", "schwarz", "siyah", (0.16, 0.16, 0.19), None),
)
COLOUR_BY_NAME = {colour.name: colour for colour in COLOURS}

# Never trained together, so that evaluation can tell composing from remembering.
HELD_OUT_PLACES = frozenset({
    ("cat", "desert"), ("dog", "space"), ("elephant", "snow"), ("penguin", "city"), ("car", "snow"), ("bicycle", "forest"),
    ("castle", "beach"), ("tent", "city"), ("tree", "table"), ("cactus", "snow"), ("apple", "field"), ("cake", "mountains"),
    ("horse", "table"), ("duck", "forest"), ("whale", "desert"), ("house", "desert"), ("train", "beach"), ("snowman", "field"),
    ("guitar", "mountains"), ("umbrella", "field"), ("tiger", "beach"), ("balloon", "desert"), ("pizza", "beach"), ("rocket", "city"),
})  # fmt: skip
HELD_OUT_COLOURS = frozenset({
    ("car", "purple"), ("paper boat", "yellow"), ("tulip", "blue"), ("bus", "pink"), ("umbrella", "green"), ("balloon", "orange"),
    ("house", "blue"), ("apple", "purple"), ("fish", "red"), ("tent", "white"), ("gift", "black"), ("rose", "green"),
    ("cat", "pink"), ("bicycle", "yellow"), ("guitar", "blue"), ("dinosaur", "orange"),
})  # fmt: skip
HELD_OUT_TOGETHER = frozenset(
    frozenset(pair)
    for pair in (
        ("cat", "horse"), ("dog", "car"), ("penguin", "house"), ("rabbit", "tree"), ("cow", "tractor"), ("apple", "banana"), ("tiger", "tent"),
        ("duck", "sailboat"), ("snowman", "fir tree"), ("umbrella", "chair"), ("robot", "balloon"), ("owl", "castle"), ("elephant", "bus"),
        ("cake", "gift"), ("bird", "cat"), ("star", "rocket"),
    )
)  # fmt: skip
