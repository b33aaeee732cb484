"""ResNet-18 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016), 4 input channels, 5 classes."""

from __future__ import annotations

from torch import Tensor, nn

from .contract import CLASSES, EMBEDDING
from .frame import Frame, channels


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        plain = stride == 1 and width_in == width
        self.downsample = None if plain else nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNet18(nn.Module):
    """picture [batch, 4, 32, 128] -> logits [batch, 5], embedding [batch, 512]. Torchvision's topology and names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(64, 64, 1), Block(64, 64, 1))
        self.layer2 = nn.Sequential(Block(64, 128, 2), Block(128, 128, 1))
        self.layer3 = nn.Sequential(Block(128, 256, 2), Block(256, 256, 1))
        self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(EMBEDDING, len(CLASSES))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(picture))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        embedding = self.avgpool(x).flatten(1)
        return self.fc(embedding), embedding


class Listener(nn.Module):
    """The whole graph as shipped: frames and network in one."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = Frame()
        self.net = ResNet18()

    def forward(self, waveform: Tensor, sample_rate_hz: Tensor, shaft_hz: Tensor, healthy_frame: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        frame, spectrum = self.frame(waveform, sample_rate_hz, shaft_hz)
        logits, embedding = self.net(channels(frame, healthy_frame))
        return logits, embedding, frame, spectrum
