"""What a page says of the city it stands in."""

from moothall.ui import frame


def test_no_page_leads_to_a_dataset_that_this_city_does_not_read(in_city):
    in_city("template")
    frame.forget()
    assert frame.has_dataset("flood.readings")
    assert not frame.has_dataset("flood.levels")
    assert not frame.has_dataset("")
    frame.forget()
