"""The house of the open data's tests, for strangers' validators."""

from tests.civic.opendata.conftest import probes  # noqa: F401
