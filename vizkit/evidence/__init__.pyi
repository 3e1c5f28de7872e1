from vizkit.evidence.metric import METRICS as METRICS
from vizkit.evidence.metric import Metric as Metric
from vizkit.evidence.scorecard import Card as Card
from vizkit.evidence.scorecard import Scorecard as Scorecard
from vizkit.evidence.scorecard import scorecard as scorecard
from vizkit.evidence.subject import Subject as Subject
