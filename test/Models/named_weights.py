"""A PyTorch module as one function on tensors whose weights are arguments that name a checkpoint's tensors."""
import re
import warnings

import torch
from torch import nn
from torch_mlir import fx


class WeightsAsArguments(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.names, self.module = [name for name, _ in module.named_parameters()], [module]

    def forward(self, x, *weights):
        return torch.func.functional_call(self.module[0], dict(zip(self.names, weights)), (x,))


def export(module, function, x, prefix):
    """The text of `function`, which takes x and then each parameter, with `zq.weight = "prefix.name"`."""
    module = WeightsAsArguments(module.eval())
    args = [x, *(p.detach() for p in module.module[0].parameters())]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(fx.export_and_import(module, *args, output_type="linalg-on-tensors", func_name=function))

    def name(match):
        index = int(match[1])
        if index == 0:
            return match[0]
        return f'{match[0]} {{zq.weight = "{prefix}.{module.names[index - 1]}"}}'

    signature = re.search(rf"func\.func @{function}\(.*", text)[0]
    return text.replace(signature, re.sub(r"%arg(\d+): tensor<[^>]*>", name, signature))
