from vizkit.evidence.cards import Card as Card
from vizkit.evidence.cards import Scorecard as Scorecard
from vizkit.evidence.cards import scorecard as scorecard
from vizkit.evidence.metric import METRICS as METRICS
from vizkit.evidence.metric import Metric as Metric
from vizkit.evidence.subject import Subject as Subject
