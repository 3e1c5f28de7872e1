from vizkit.attribution.measure import attribute as attribute
from vizkit.attribution.method import METHODS as METHODS
from vizkit.attribution.method import Method as Method
from vizkit.attribution.question import Question as Question
from vizkit.attribution.result import Attribution as Attribution
