"""An epoch of images on disk, besides what program_rows.py has; image_rows.js has the same with sharp."""

import os
import pathlib

import numpy as np
import torch
from program_rows import rows
from torch.utils.data import DataLoader, Dataset

FOLDER = pathlib.Path(os.environ.get("NODETORCH_BENCH_PROGRAMS", "."), "images")
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class ImageFolder(Dataset):
    def __init__(self, folder):
        classes = sorted(folder.iterdir())
        self.files = [(file, label) for label, name in enumerate(classes) for file in sorted(name.iterdir())]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        from PIL import Image

        file, label = self.files[index]
        with Image.open(file) as opened:
            image = opened.convert("RGB")
        width, height = image.size
        size = (256 * width // height, 256) if height < width else (256, 256 * height // width)
        image = image.resize(size, Image.Resampling.BILINEAR)
        left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
        image = image.crop((left, top, left + 224, top + 224))
        x = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        return x.to(torch.float32).div_(255).sub_(MEAN).div_(STD), label


def epoch():
    loader = DataLoader(ImageFolder(FOLDER), batch_size=32, shuffle=True, num_workers=2)

    def run():
        for _ in loader:
            pass

    return run


rows["epoch of an image folder/2,000 JPEGs, two workers"] = epoch
