"""Do the lips of finished videos follow their own sound? Measured in the pixels and in the sound track of the mp4.

Each video is a whole production. Its sound is aligned with the script by an acoustic model that knows nothing of how
the voice planned it; its mouth is measured by the landmark networks. A third portrait, which is not shipped, is made
here: half ben, half mia.
"""

import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

from avatar import intake
from avatar.cli.demo import PERFORMERS
from avatar.compose import House
from avatar.consent import Use
from avatar.delivery import blueprint_named, deliver, prepare
from avatar.faces.blazeface import DETECTOR
from avatar.faces.landmarker import Landmarker
from avatar.faces.lipsync import LipSync, lip_sync, openings
from avatar.faces.mesh import MESH
from avatar.faces.warp import pasted
from avatar.media.decode import decode
from avatar.production import direct
from avatar.settings import Settings
from avatar.voices.align import aligned
from avatar.weights import locate
from benchmarks.rows import Row, options, show
