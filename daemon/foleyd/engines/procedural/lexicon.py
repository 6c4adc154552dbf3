"""The words that the procedural engine knows: sounds, materials, tools, qualities, places.

Keys are base forms; :mod:`foleyd.engines.procedural.prompt` reduces what it reads to these. Several keys
that mean the same stand in one line, parted by ``|``. The terms are those of Foley and sound effects
libraries (V. T. Ament, "The Foley Grail"; the Universal Category System's names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Qualities = Mapping[str, float]
"""Names of a Voice's 0..1 fields to values."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word or phrase means.

    SOUND is (family, sound), RANK how surely the word names it: 2 says the sound itself ("creak"),
    1 a thing that usually makes it ("door"), 0 only when the phrase names nothing else
    ("gravel" alone: steps on it). MATERIAL, TOOL and QUALITIES describe a sound; SPACE is a
    place to hear it in.
    """

    sound: tuple[str, str] | None = None
    rank: int = 0
    material: str = ""
    tool: str = ""
    qualities: Qualities = field(default_factory=dict)
    space: str = ""


def _says(family: str, sound: str, material: str = "", tool: str = "", **qualities: float) -> Entry:
    return Entry((family, sound), 2, material, tool, qualities)


def _makes(family: str, sound: str, material: str = "", tool: str = "", **qualities: float) -> Entry:
    return Entry((family, sound), 1, material, tool, qualities)


def _ground(material: str, **qualities: float) -> Entry:
    return Entry(("footsteps", "step"), 0, material, "", qualities)


def _solid(material: str, **qualities: float) -> Entry:
    return Entry(("hits", "hit"), 0, material, "", qualities)


def _is(**qualities: float) -> Entry:
    return Entry(qualities=qualities)


_SOUNDS: dict[str, Entry] = {
    # footsteps
    "footstep|footfall|foot step|foot fall|step|footwork": _says("footsteps", "step"),
    "walk|stroll|pace|stride|wander|hike|trek": _makes("footsteps", "step"),
    "run|jog": _makes("footsteps", "step", speed=0.85, intensity=0.65),
    "sprint": _makes("footsteps", "step", speed=1.0, intensity=0.75),
    "march": _makes("footsteps", "step", intensity=0.75),
    "tiptoe|sneak|creep": _makes("footsteps", "step", speed=0.25, intensity=0.15),
    "stomp|stamp|trample|tramp": _makes("footsteps", "step", intensity=0.9, size=0.75),
    "shuffle": _makes("footsteps", "step", intensity=0.3, speed=0.3),
    "foot|feet|heel strike": _makes("footsteps", "step"),
    "boot|work boot|hiking boot|leather boot": _makes("footsteps", "step", tool="boots"),
    "heel|high heel|stiletto|pump shoe": _makes("footsteps", "step", tool="heels"),
    "sneaker|trainer|running shoe|tennis shoe": _makes("footsteps", "step", tool="sneakers"),
    "shoe|leather shoe|dress shoe|loafer|oxford": _makes("footsteps", "step", tool="shoes"),
    "sandal|flip flop|slipper": _makes("footsteps", "step", tool="slippers"),
    "barefoot|bare foot|bare feet|sock": _makes("footsteps", "step", tool="barefoot"),
    "hoof|hoofbeat|hoof beat|horse|horse hoof": _makes("footsteps", "step", tool="hooves"),
    "gallop": _makes("footsteps", "step", tool="hooves", speed=0.95, intensity=0.7),
    "trot|canter": _makes("footsteps", "step", tool="hooves", speed=0.7),
    # cloth
    "rustle|cloth movement|clothes movement|clothing movement": _says("cloth", "rustle"),
    "cloth|clothes|clothing|fabric|garment|coat|shirt|dress|trousers|jeans": _makes("cloth", "rustle"),
    "cotton|wool": Entry(("cloth", "rustle"), 0, "cotton"),
    "jacket|raincoat|windbreaker|nylon|anorak|sleeping bag": _makes("cloth", "rustle", "nylon"),
    "leather|leather jacket": Entry(("cloth", "rustle"), 0, "leather"),
    "silk|satin": _makes("cloth", "rustle", "silk"),
    "crumple|page turn|turn page|paper rustle": _says("cloth", "rustle", "paper"),
    "curtain|blanket|sheet|towel|dressing|undressing": _makes("cloth", "rustle"),
    # hits
    "hit|strike|impact|bang|knock over|smack|whack|bump": _says("hits", "hit"),
    "collision|crash|collide": _says("hits", "hit", intensity=0.85, size=0.75),
    "hammer": _makes("hits", "hit", tool="hammer", intensity=0.75),
    "tap|click|tick": _says("hits", "hit", intensity=0.2, size=0.25),
    "typing|keyboard typing|type on keyboard": _says("hits", "hit", "plastic", intensity=0.15, size=0.08),
    "mouse click|button click|key click": _says("hits", "hit", "plastic", intensity=0.15, size=0.08),
    "keyboard|computer keyboard|button|switch|light switch": _makes(
        "hits", "hit", "plastic", intensity=0.2, size=0.1
    ),
    "clap|hand clap|clap hand|applause|applaud": _says("hits", "hit", "body", size=0.3),
    "chop|hack": _says("hits", "hit", "wood", intensity=0.7),
    "pound|beat|whip": _says("hits", "hit", intensity=0.7),
    "thud|thump": _says("hits", "hit", "body", size=0.75),
    "punch|kick|slap|body fall|bodyfall": _says("hits", "hit", "body", intensity=0.75),
    "clang|clank|clink metal": _says("hits", "hit", "metal"),
    "clash|sword clash|sword fight": _says("hits", "hit", "metal", intensity=0.75, size=0.4),
    "jingle|jangle": _says("hits", "hit", "metal", intensity=0.25, size=0.1),
    "clink|chink": _says("hits", "hit", "glass", size=0.25),
    "clatter|rattle": _says("hits", "hit", "plastic"),
    "put down|set down|place down|lay down|drop|fall|land|bounce|toss": _makes("hits", "hit", intensity=0.4),
    "put on|set on|place on|lay on|put back": _makes("hits", "hit", intensity=0.4),
    "drum|drumstick|drum stick": _makes("hits", "hit", tool="stick"),
    "stick": Entry(tool="stick"),
    "ball|basketball|football|tennis ball": _makes("hits", "hit", "rubber"),
    "key|key ring|coin": _makes("hits", "hit", "metal", intensity=0.35, size=0.1),
    "phone|toy|remote|pen": _makes("hits", "hit", "plastic", intensity=0.35, size=0.2),
    "bottle|jar|drinking glass|wine glass": _makes("hits", "hit", "glass"),
    "cup|mug|plate|dish|bowl|saucer|crockery|china|porcelain|ceramic": _makes("hits", "hit", "ceramic"),
    "table|desk|crate|plank|log|chair|furniture|shelf|counter|bench": _solid("wood"),
    "pan|pot|pipe|tin can|railing|door bar|cutlery|fork|spoon|knife|sword|chain|anvil": _solid("metal"),
    "sink|bucket|kettle|tray|lid|tool|wrench|screwdriver|scissors|shovel|axe|nail|screw": _solid("metal"),
    "wall": _solid("stone"),
    "box|package|parcel": _solid("cardboard"),
    "bag|punching bag|pillow|cushion|mattress|sofa|couch": _solid("cloth"),
    # breaks and debris
    "shatter|smash|break|broken|broke": _says("breaks", "shatter"),
    "glass break|break glass|window break|glass smash|glass shatter": _says("breaks", "shatter", "glass"),
    "crack|snap|splinter": _says("breaks", "shatter", "wood", size=0.3),
    "debris|rubble|shard|falling rock|rockfall|crumble": _says("breaks", "debris"),
    "collapse|demolition": _says("breaks", "debris", intensity=0.9, size=0.9),
    # doors
    "door slam|slam door|slam|bang shut": _says("doors", "slam", intensity=0.8),
    "door close|close door|closes|closing|closed": _says("doors", "slam", intensity=0.4),
    "shut door|door shut|shut": _says("doors", "slam", intensity=0.4),
    "open door|door open": _says("doors", "open"),
    "door|gate|hatch": _makes("doors", "open"),
    "drawer|cupboard|cabinet": _makes("doors", "open", size=0.25),
    "car door|car trunk": _makes("doors", "slam", "metal", intensity=0.55, size=0.45),
    "creak|creaky|squeak|hinge|groan": _says("doors", "creak"),
    "knock": _says("doors", "knock"),
    "latch|door handle|doorknob|door knob|lock|unlock|bolt|key lock": _says("doors", "latch"),
    # water
    "drip|drop of water|water drop|droplet|leak|faucet|tap drip|drip tap|water tap": _says("water", "drip"),
    "splash|splatter|plunge|dive": _says("water", "splash"),
    "stream|brook|creek|river|run water|flow|trickle|babble brook": _says("water", "stream"),
    "water run|river run|stream run|brook run|creek run|tap run|run tap|faucet run": _says("water", "stream"),
    "pour|pour water|water pour|fill": _says("water", "pour"),
    "waterfall|rapid": _says("water", "stream", intensity=0.95, size=0.95),
    "fountain": _says("water", "stream", intensity=0.6),
    "sea|ocean|surf|wave|shore|seashore": _says("water", "sea"),
    "bubble|boil|simmer|gurgle": _says("water", "bubbles"),
    "water": Entry(("water", "stream"), 0, "water"),
    # rain
    "rain|rainfall|raindrop": _says("rain", "rain"),
    "drizzle": _says("rain", "rain", intensity=0.15),
    "downpour|pouring rain|pour rain|cloudburst": _says("rain", "rain", intensity=0.95),
    "shower": _makes("rain", "rain", intensity=0.6),
    # wind and thunder
    "wind|windy": _says("wind", "wind"),
    "breeze|breezy": _says("wind", "wind", intensity=0.2),
    "gale|gust|storm wind|hurricane": _says("wind", "wind", intensity=0.9),
    "rustle leaf|leaf rustle|rustle tree|tree rustle": _says("wind", "wind", "leaves", intensity=0.4),
    "thunder|lightning|thunderclap": _says("wind", "thunder"),
    "thunderstorm|thunder storm": _says("wind", "thunder", intensity=0.8),
    "storm": _makes("wind", "wind", intensity=0.85),
    # fire
    "fire|campfire|bonfire|fireplace|flame|crackle fire|fire crackle|burn|blaze": _says("fire", "fire"),
    "candle|ember": _says("fire", "fire", intensity=0.1, size=0.1),
    "crackle": _makes("fire", "fire"),
    "ignite|catch fire|light match|match strike|strike match|lighter": _says("fire", "ignite"),
    "inferno": _says("fire", "fire", intensity=0.95, size=0.95),
    # engines
    "car pass|pass car|pass by|drive by|car drive by|traffic pass|vehicle pass": _says("engines", "pass"),
    "truck pass|pass truck|lorry pass|bus pass": _says("engines", "pass", size=0.9),
    "motorcycle pass|pass motorcycle|motorbike pass": _says("engines", "pass", tool="motorcycle", size=0.3),
    "car|vehicle|automobile|taxi": _makes("engines", "car", "metal"),
    "engine|motor|engine idle|car engine|idle|run engine|engine run|run car|car run": _makes(
        "engines", "car"
    ),
    "motorcycle|motorbike|scooter|moped": _makes("engines", "motorcycle"),
    "truck|lorry|bus|tractor|diesel|tank": _makes("engines", "truck"),
    # whooshes
    "whoosh|swoosh|swish|swing|swipe": _says("whooshes", "whoosh"),
    # tone
    "room tone|roomtone|room ambience|room ambiance|indoor ambience|silence": _says("tone", "room"),
    "hum|buzz|mains hum|electrical hum|fridge|refrigerator|transformer": _says("tone", "hum"),
    "60hz": Entry(("tone", "hum"), 0, "60"),
    "50hz": Entry(("tone", "hum"), 0, "50"),
    "air conditioning|air conditioner|ventilation|fan|hvac|air vent": _says("tone", "air"),
    "murmur|crowd|crowd murmur|walla|chatter|babble|people talk|restaurant|cafe": _says("tone", "murmur"),
    "traffic|city ambience|city|highway|motorway": _says("tone", "traffic"),
}

_MATERIALS: dict[str, Entry] = {
    "gravel|pebble|shingle": _ground("gravel"),
    "concrete|cement|asphalt|pavement|sidewalk|tarmac|pave": _ground("concrete"),
    "street|road": Entry(("footsteps", "step"), 0, "concrete", space="outdoors"),
    "stone|rock|cobblestone|cobble|marble|brick": _ground("stone"),
    "grass|lawn|meadow": _ground("grass"),
    "snow|snowy": _ground("snow"),
    "ice|icy": _ground("ice"),
    "sand|sandy": _ground("sand"),
    "beach": Entry(("footsteps", "step"), 0, "sand", space="outdoors"),
    "mud|muddy": _ground("mud", wetness=0.8),
    "dirt|soil|earth|path|trail|dust|dusty|ground": _ground("dirt"),
    "leaf|leaves|foliage|dead leaf|dry leaf|fall leaf": _ground("leaves"),
    "branch|twig|bush|tree": _ground("leaves"),
    "tile|linoleum|ceramic tile|vinyl floor": _ground("tile"),
    "carpet|rug": _ground("carpet"),
    "puddle": _ground("water", wetness=1.0),
    "wood floor|wooden floor|floorboard|parquet|hardwood|hardwood floor": _ground("wood"),
    "deck|wood stair|wooden stair|wood step|wooden step": _ground("wood"),
    "stair|staircase|floor": Entry(("footsteps", "step"), 0),
    "metal grate|metal stair|metal floor|grating|catwalk": _ground("metal"),
    "wood|wooden|timber|oak|pine": _solid("wood"),
    "metal|metallic|steel|iron|tin|brass|copper|aluminium|aluminum": _solid("metal"),
    "glass|window|crystal": _solid("glass"),
    "plastic": _solid("plastic"),
    "rubber": _solid("rubber"),
    "cardboard|carton": _solid("cardboard"),
    "paper|book|newspaper|page": Entry(("cloth", "rustle"), 0, "paper"),
    "body|flesh|meat|skin": _solid("body"),
    "roof|rooftop": Entry(material="roof"),
    "tin roof|metal roof|car roof": Entry(material="metal"),
    "umbrella|tent|awning|canvas": Entry(material="cloth"),
}

_QUALITIES: dict[str, Entry] = {
    "light|lightly": _is(intensity=0.25, size=0.35),
    "soft|softly|gentle|gently|mild|delicate": _is(intensity=0.2),
    "quiet|quietly|faint|faintly|subtle|muted|calm": _is(intensity=0.15),
    "moderate|medium|steady|normal": _is(intensity=0.5),
    "heavy|heavily": _is(intensity=0.8, size=0.7),
    "loud|loudly|strong|strongly|hard|powerful|forceful|intense": _is(intensity=0.85),
    "violent|violently|huge|massive|furious|roar|raging|rage": _is(intensity=0.95, size=0.9),
    "big|large|giant|deep": _is(size=0.85),
    "small|little|tiny|thin|miniature|shallow": _is(size=0.15),
    "distant|far|faraway|away|afar|distance|background|muffle|behind": _is(distance=0.85),
    "close|closeup|close up|near|nearby|foreground|intimate": _is(distance=0.05),
    "slow|slowly|leisurely|lazy": _is(speed=0.2),
    "fast|quick|quickly|rapidly|swift|hurry|hasty|brisk|rush": _is(speed=0.85),
    "wet|soak|soggy|slushy": _is(wetness=0.85),
    "damp|moist": _is(wetness=0.45),
    "dry|crisp": _is(wetness=0.0),
    "crunch|crunchy": Entry(("footsteps", "step"), 0, qualities={"wetness": 0.0}),
    "howl|whistle": _is(intensity=0.8, speed=0.7),
    "rumble": Entry(("wind", "thunder"), 0, qualities={"size": 0.8, "distance": 0.7}),
    "roll": _is(size=0.8),
    "sharp|bright": _is(speed=0.7),
    "dull": _is(intensity=0.3),
}

_SPACES: dict[str, str] = {
    "indoors|indoor|inside|interior": "indoors",
    "room|kitchen|office|bathroom|bedroom|apartment|house|home|shop": "small",
    "hall|hallway|church|cathedral|warehouse|cave|tunnel|garage|stairwell|corridor|gym|hangar": "large",
    "reverb|echo|reverberant|cavernous|lobby|museum|basement|factory": "large",
    "outdoors|outdoor|outside|exterior|forest|field|park|garden|yard|desert|mountain": "outdoors",
    "open air|alley|courtyard|jungle|countryside|rural": "outdoors",
}


def _expanded(table: Mapping[str, Entry]) -> dict[tuple[str, ...], Entry]:
    return {tuple(key.split()): entry for keys, entry in table.items() for key in keys.split("|")}


LEXICON: dict[tuple[str, ...], Entry] = {
    **_expanded({keys: Entry(space=space) for keys, space in _SPACES.items()}),
    **_expanded(_QUALITIES),
    **_expanded(_MATERIALS),
    **_expanded(_SOUNDS),
}
"""Phrases (tuples of base forms) to what they mean."""

LONGEST_PHRASE = max(len(phrase) for phrase in LEXICON)

TAKES_MATERIAL: frozenset[str] = frozenset(
    {"footsteps", "hits", "breaks", "rain", "wind", "doors", "cloth", "water"}
)
"""Families that listen to a material."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


JOINERS = _set("and or nor plus then while also")
"""Words between two sounds; a material or quality after one belongs to what came before, if it can."""

CONTACTS = _set("on onto upon against over across through into in off under at along down up")
"""Words before the thing that is trodden, struck, rained on or blown through."""

PREPOSITIONS = _set(
    "from to by with beside around toward towards near inside outside behind between during amid among "
    "as when of for"
)
"""Other words that open a phrase about the sound before them, or another sound."""

NEGATORS = _set("no without not never minus except excluding")

STOP_WORDS = _set(
    """
    a an the this that these those some any one two three four several few many lots lot his her hers their
    its my your our it he she they them him i we you is are was were be been being am do does did done has
    have had having can could will would should may might must there here where which who whom whose what
    how very really quite rather too so just only more most less least much bit slightly somewhat extremely
    almost again often once twice still all each every both other another own same such than if but because
    until after before s t re ve ll d m please make makes made making add added give play generate need want
    hear heard audible sound sounds noise noises audio sfx fx foley effect effects soundtrack recording
    recorded ambience ambiance ambient atmosphere atmos background realistic natural high low good quality
    hd clean clear synced sync synchronised synchronized matching video clip film scene shot picture movie
    cinematic man woman men women person people someone somebody child children kid boy girl guy lady actor
    character hand hands arm arms side left right top bottom back front piece pieces thing things object
    objects something kind type style like move moves moving movement motion go goes going come comes coming
    get gets getting pick picks set sets turn turns turning out times continuous continuously constant
    constantly occasional occasionally day night morning evening wear wears wearing carry carries carrying
    old new underfoot
    """
)
"""Words that carry no sound and are passed over without a warning."""
