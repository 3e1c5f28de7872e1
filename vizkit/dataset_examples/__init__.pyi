from vizkit.dataset_examples.one_pass import collect as collect
from vizkit.dataset_examples.request import examples as examples
from vizkit.dataset_examples.responses import Responses as Responses
from vizkit.dataset_examples.result import Example as Example
from vizkit.dataset_examples.result import Examples as Examples
from vizkit.dataset_examples.result import ExampleSet as ExampleSet
