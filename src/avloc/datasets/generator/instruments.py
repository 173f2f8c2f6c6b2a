"""The invented instruments, each with a name, a look and a timbre."""

from dataclasses import dataclass

from avloc.datasets.generator import shapes, textures, timbres
from avloc.datasets.generator.looks import Look
from avloc.datasets.generator.timbres import Timbre


@dataclass(frozen=True)
class Instrument:
    """A class of the embedded data set."""

    name: str
    look: Look
    timbre: Timbre


#: A data set of n classes uses the first n. Hues overlap on purpose: colour alone must not identify
#: a class.
INSTRUMENTS = (
    Instrument("bell", Look(shapes.bell, textures.bands, 40, 150), timbres.bell),
    Instrument("drone-pipe", Look(shapes.pipes, textures.dots, 190, 60), timbres.drone),
    Instrument("hex-drum", Look(shapes.hexagon, textures.checks, 340, 180), timbres.drum),
    Instrument("sea-shell", Look(shapes.shell, textures.ribs, 130, -60), timbres.shell),
    Instrument("reed-box", Look(shapes.reed_box, textures.pleats, 280, 120), timbres.reeds),
    Instrument("star-chime", Look(shapes.star, textures.facets, 70, 90), timbres.chime),
    Instrument("pear-lute", Look(shapes.lute, textures.rosette, 220, -150), timbres.lute),
    Instrument("moon-rattle", Look(shapes.crescent, textures.diagonals, 10, -90), timbres.rattle),
    Instrument("loop-horn", Look(shapes.horn, textures.plain, 160, 30), timbres.horn),
    Instrument("ring-gong", Look(shapes.gong, textures.rings, 310, -120), timbres.gong),
    Instrument("wind-harp", Look(shapes.harp, textures.strings, 100, 180), timbres.whistle),
    Instrument("buzz-ladder", Look(shapes.ladder, textures.rows, 250, 90), timbres.buzz),
)
