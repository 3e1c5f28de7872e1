"""One HTML file to explore the receptive fields of a network with."""

from vizkit.receptive_fields.page.write import write_page as write_page
