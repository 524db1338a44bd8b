"""What the lecture prints otherwise than it is, by the kind where a reader would trip over it."""

from __future__ import annotations

from collections.abc import Mapping

from graph.text import Message, say

MISPRINTS: Mapping[str, Message] = {
    "LeakyReLU": say(
        "The lecture prints max(0, x) − 0.01·min(0, x): the sign is a plus, for negative values stay negative."
    ),
    "Maxout": say(
        "The lecture writes abs(x) = max(z₁ … z₅) beside it: that is the general maxout; the absolute value needs two "
        "pieces, max(x, −x)."
    ),
    "ReLU": say(
        "The lecture says that it avoids the saturation of softmax: it is that of sigmoid and tanh, whose slopes "
        "vanish."
    ),
    "Conv2d": say(
        "In the lecture's formula i and j are swapped between the strides: rows go with s_h, columns with s_w."
    ),
    "Concat": say("The lecture calls the skips of a U-Net residual: they are joined map on map, not added."),
}
"""One note per kind; shown with the explanation of what leaves it."""
