from vizkit.images.dataset import DatasetImages as DatasetImages
from vizkit.images.image_set import ImageSet as ImageSet
from vizkit.images.preprocessing import Preprocessing as Preprocessing
from vizkit.images.sets import SETS as SETS
