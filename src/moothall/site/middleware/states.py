"""One page is made of one state of the lake, and waits for no long write to end."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from moothall.kernel.observations import patience
from moothall.kernel.observations.states import one_state


class OneState:
    """Has each page read the lake as it is at one moment; what its parts ask alike is asked once.

    What it writes itself is begun within `patience.OF_A_PAGE_S`, or it says that it was not.
    A streamed answer is pulled after the view has returned, and reads for itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_state(), patience.at_most(patience.OF_A_PAGE_S):
            return self.get_response(request)
