"""What is not there is said in words, with a way to all that is."""

import pytest

pytestmark = pytest.mark.django_db

ASKED = {
    "/parking/nowhere/": "/parking/",
    "/flood/gauges/nowhere/": "/flood/",
    "/air/sites/nowhere/": "/air/",
    "/charging/nowhere/": "/charging/",
    "/cycling/counters/nowhere/": "/cycling/",
    "/inclusion/nowhere/": "/inclusion/",
    "/plan/nowhere/": "/plan/",
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_not_there_is_said_with_its_name_and_a_way_on(client, lake, in_city, asked):
    in_city("leeds")

    answer = client.get(asked)

    text = answer.content.decode()
    assert answer.status_code == 404
    assert "We do not have that" in text
    assert "nowhere" in text
    assert f'<a href="{ASKED[asked]}">See all there are</a>' in text


def test_a_name_that_would_be_code_is_only_words(client, lake, in_city):
    in_city("leeds")

    text = client.get("/parking/%3Cscript%3Ealert(1)%3C%2Fscript%3E/").content.decode()

    assert "<script>alert" not in text
