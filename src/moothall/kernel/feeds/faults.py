"""What kinds of thing go wrong with a run, in one word each: for programs, which read no prose."""

from enum import StrEnum


class Fault(StrEnum):
    """Why a run brought nothing, or only part."""

    UNREACHABLE = "unreachable"
    """Nothing answered, or not to the end."""
    REFUSED = "refused"
    """It answered that it will not give us this: a key, an address, its terms."""
    BUSY = "busy"
    """It answered that it is in trouble, or that we are to come later."""
    UNREADABLE = "unreadable"
    """Something came that is not what its source promised."""
    UNRECORDED = "unrecorded"
    """A replay has no recording of it."""
    UNKEPT = "unkept"
    """It came, and our own stores did not take it."""
    BROKEN = "broken"
    """Something of ours is wrong: a setting, the pack, our reader."""
