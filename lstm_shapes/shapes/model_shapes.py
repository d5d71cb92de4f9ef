"""Know the shapes and parameters of Keras' other layers, from their configs."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeAlias

from lstm_shapes.shapes.layer import MAX_SIZE

# With None for an axis that is open.
ModelShape: TypeAlias = tuple[int | None, ...]
Config: TypeAlias = Mapping[str, object]

# More axes than any layer of Keras has.
MAX_AXES = 32

# These neither change a shape nor have weights.
SAME_SHAPE = (
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "LeakyReLU",
    "Masking",
    "ReLU",
    "Rescaling",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "ThresholdedReLU",
    "UnitNormalization",
)
# These put arrays of like shapes together.
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")


def size_of(value: object) -> int | None:
    """Return a size that Keras can have, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if 1 <= value <= MAX_SIZE:
        return value
    return None


def shape_of(value: object) -> ModelShape | None:
    """Return a shape as a config holds it, None if it is none."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_AXES:
        return None
    axes: list[int | None] = []
    for axis in value:
        if axis is not None and size_of(axis) is None:
            return None
        axes.append(axis)
    return tuple(axes)


def first_shape_of(value: object) -> ModelShape | None:
    """Return a shape, or the first one of a list or dict of them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple) and value:
        if isinstance(value[0], list | tuple | Mapping):
            return first_shape_of(value[0])
    return shape_of(value)


def output_shape(
    class_name: str, config: Config, inputs: Sequence[ModelShape]
) -> ModelShape | None:
    """Return the shape that a layer of Keras returns, None where that is not known.

    The recurrent layers, wrappers and models are not among them.

    Example:
        >>> output_shape("Dense", {"units": 3}, [(None, 10, 8)])
        (None, 10, 3)
    """
    if not inputs:
        return None
    if class_name in SAME_SHAPE or class_name in NORMALIZATIONS:
        return inputs[0]
    if class_name in MERGES:
        return merged_shape(inputs)
    if class_name == "Flatten":
        return (inputs[0][0], product(inputs[0][1:]))
    rule = SHAPE_RULES.get(class_name)
    if rule is None:
        return None
    return rule(config, inputs)


def parameter_count(
    class_name: str, config: Config, inputs: Sequence[ModelShape]
) -> int | None:
    """Return the parameters of a layer of Keras, None where they are not known.

    Example:
        >>> parameter_count("Dense", {"units": 3}, [(None, 10, 8)])
        27
    """
    if class_name == "Embedding":
        return product([config.get("input_dim"), config.get("output_dim")])
    if class_name in SAME_SHAPE or class_name in MERGES:
        return 0
    if class_name in WITHOUT_WEIGHTS:
        return 0
    rule = PARAMETER_RULES.get(class_name)
    if rule is None or not inputs:
        return None
    return rule(config, inputs)


def product(sizes: Sequence[object]) -> int | None:
    """Return the product of sizes, None if one of them is not known."""
    numbers = []
    for size in sizes:
        number = size_of(size)
        if number is None:
            return None
        numbers.append(number)
    return prod(numbers)


def merged_shape(inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of arrays that are added: an axis of 1 is stretched."""
    axes: list[int | None] = list(inputs[0])
    for shape in inputs[1:]:
        if len(shape) != len(axes):
            return None
        for number, axis in enumerate(shape):
            if axes[number] in (None, 1):
                axes[number] = axis
    return tuple(axes)


def concatenated_shape(
    config: Config, inputs: Sequence[ModelShape]
) -> ModelShape | None:
    """Return the shape of arrays put side by side on the axis of Concatenate."""
    axis = config.get("axis", -1)
    rank = len(inputs[0])
    if not isinstance(axis, int) or not -rank <= axis < rank:
        return None
    if any(len(shape) != rank for shape in inputs):
        return None
    axes = list(merged_shape(inputs) or ())
    total: int | None = 0
    for shape in inputs:
        size = shape[axis]
        total = None if size is None or total is None else total + size
    axes[axis] = total
    return tuple(axes)


def dense_shape(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the input's shape with other features: Dense."""
    units = size_of(config.get("units"))
    if units is None:
        return None
    return (*inputs[0][:-1], units)


def embedding_shape(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the input's shape with an axis more: Embedding."""
    output_dim = size_of(config.get("output_dim"))
    if output_dim is None:
        return None
    return (*inputs[0], output_dim)


def reshaped(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape that Reshape makes; an axis of -1 takes what is left."""
    target = config.get("target_shape")
    if not isinstance(target, list | tuple) or len(target) > MAX_AXES:
        return None
    axes: list[int | None] = []
    for axis in target:
        if axis != -1 and size_of(axis) is None:
            return None
        axes.append(None if axis == -1 else axis)
    rest = prod([axis for axis in axes if axis is not None])
    total = product(inputs[0][1:])
    if axes.count(None) == 1 and total is not None and total % rest == 0:
        axes[axes.index(None)] = total // rest
    return (inputs[0][0], *axes)


def permuted(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape with its axes in another order: Permute."""
    order = config.get("dims")
    shape = inputs[0]
    if not isinstance(order, list | tuple):
        return None
    if sorted(str(axis) for axis in order) != sorted(
        str(axis) for axis in range(1, len(shape))
    ):
        return None
    return (shape[0], *[shape[int(axis)] for axis in order])


def repeated(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of RepeatVector: (batch, n, features)."""
    count = size_of(config.get("n"))
    if count is None or len(inputs[0]) != 2:
        return None
    return (inputs[0][0], count, inputs[0][1])


def sizes_on_axes(value: object, axis_count: int) -> list[int] | None:
    """Return a setting that is one size for all axes, or one for each."""
    if not isinstance(value, list | tuple):
        value = [value] * axis_count
    sizes = []
    for size in value:
        number = size_of(size)
        if number is None:
            return None
        sizes.append(number)
    if len(sizes) != axis_count:
        return None
    return sizes


def spatial_shape(
    config: Config, lengths: ModelShape, window_name: str, default_stride: object = 1
) -> ModelShape | None:
    """Return the lengths that a convolution or a pooling makes of those lengths.

    Args:
        config: The layer's.
        lengths: The sizes of the axes between the batch and the channels.
        window_name: The argument that says the size of the window.
        default_stride: The stride where the config has none.
    """
    count = len(lengths)
    if config.get("data_format") == "channels_first":
        return None
    windows = sizes_on_axes(config.get(window_name), count)
    strides = config.get("strides")
    if strides is None:
        strides = default_stride
    steps = sizes_on_axes(strides, count)
    dilations = sizes_on_axes(config.get("dilation_rate", 1), count)
    if windows is None or steps is None or dilations is None:
        return None
    axes: list[int | None] = []
    for length, window, step, dilation in zip(
        lengths, windows, steps, dilations, strict=True
    ):
        if length is None:
            axes.append(None)
        elif config.get("padding") in ("same", "causal"):
            axes.append(-(-length // step))
        else:
            axes.append((length - (window - 1) * dilation - 1) // step + 1)
    if any(axis is not None and axis < 1 for axis in axes):
        return None
    return tuple(axes)


def convolved(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape that a convolution makes: (batch, lengths, filters)."""
    shape = inputs[0]
    filters = size_of(config.get("filters"))
    lengths = spatial_shape(config, shape[1:-1], "kernel_size")
    if filters is None or lengths is None:
        return None
    return (shape[0], *lengths, filters)


def pooled(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape that a pooling makes: (batch, shorter lengths, features)."""
    shape = inputs[0]
    lengths = spatial_shape(
        config, shape[1:-1], "pool_size", default_stride=config.get("pool_size")
    )
    if lengths is None:
        return None
    return (shape[0], *lengths, shape[-1])


def pooled_globally(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape without lengths, or with lengths of 1."""
    shape = inputs[0]
    if config.get("data_format") == "channels_first":
        return None
    if config.get("keepdims") is True:
        lengths = [1] * (len(shape) - 2)
        return (shape[0], *lengths, shape[-1])
    return (shape[0], shape[-1])


def repeated_rows(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of UpSampling1D."""
    shape = inputs[0]
    times = size_of(config.get("size"))
    if times is None or len(shape) != 3:
        return None
    if shape[1] is None:
        return shape
    return (shape[0], shape[1] * times, shape[2])


def pair_of(value: object) -> tuple[int, int] | None:
    """Return how many rows are added before and behind: 2 or [1, 0]."""
    if not isinstance(value, list | tuple):
        value = (value, value)
    if len(value) != 2:
        return None
    first_count, last_count = value
    for count in (first_count, last_count):
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            return None
    return (first_count, last_count)


def padded(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of ZeroPadding1D."""
    return with_more_rows(inputs[0], pair_of(config.get("padding")), 1)


def cropped(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of Cropping1D."""
    return with_more_rows(inputs[0], pair_of(config.get("cropping")), -1)


def with_more_rows(
    shape: ModelShape, rows: tuple[int, int] | None, sign: int
) -> ModelShape | None:
    """Return a shape (batch, timesteps, features) with more or fewer timesteps."""
    if rows is None or len(shape) != 3:
        return None
    if shape[1] is None:
        return shape
    timesteps = size_of(shape[1] + sign * sum(rows))
    if timesteps is None:
        return None
    return (shape[0], timesteps, shape[2])


def attended(config: Config, inputs: Sequence[ModelShape]) -> ModelShape | None:
    """Return the shape of Attention on a query and a value."""
    if len(inputs) < 2 or config.get("return_attention_scores") is True:
        return None
    query, value = inputs[0], inputs[1]
    return (*query[:-1], value[-1])


Rule = Callable[[Config, Sequence[ModelShape]], ModelShape | None]
SHAPE_RULES: Mapping[str, Rule] = {
    "AdditiveAttention": attended,
    "Attention": attended,
    "AveragePooling1D": pooled,
    "AveragePooling2D": pooled,
    "AveragePooling3D": pooled,
    "Concatenate": concatenated_shape,
    "Conv1D": convolved,
    "Conv2D": convolved,
    "Conv3D": convolved,
    "Cropping1D": cropped,
    "Dense": dense_shape,
    "Embedding": embedding_shape,
    "GlobalAveragePooling1D": pooled_globally,
    "GlobalAveragePooling2D": pooled_globally,
    "GlobalAveragePooling3D": pooled_globally,
    "GlobalMaxPooling1D": pooled_globally,
    "GlobalMaxPooling2D": pooled_globally,
    "GlobalMaxPooling3D": pooled_globally,
    "MaxPooling1D": pooled,
    "MaxPooling2D": pooled,
    "MaxPooling3D": pooled,
    "Permute": permuted,
    "RepeatVector": repeated,
    "Reshape": reshaped,
    "SeparableConv1D": convolved,
    "SeparableConv2D": convolved,
    "UpSampling1D": repeated_rows,
    "ZeroPadding1D": padded,
}
# These have shapes of their own, and no weights.
WITHOUT_WEIGHTS = (
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Concatenate",
    "Cropping1D",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "InputLayer",
    "Lambda",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Permute",
    "RepeatVector",
    "Reshape",
    "UpSampling1D",
    "ZeroPadding1D",
)


def has_bias(config: Config) -> bool:
    """Return True if a layer has a bias, which is Keras' default."""
    return config.get("use_bias", True) is True


def dense_parameters(config: Config, inputs: Sequence[ModelShape]) -> int | None:
    """Return the parameters of Dense: a kernel and a bias."""
    units = size_of(config.get("units"))
    features = inputs[0][-1]
    # The weights of a quantized layer are others.
    if units is None or features is None or config.get("quantization_config"):
        return None
    return units * (features + has_bias(config))


def conv_parameters(config: Config, inputs: Sequence[ModelShape]) -> int | None:
    """Return the parameters of a convolution."""
    axis_count = len(inputs[0]) - 2
    windows = sizes_on_axes(config.get("kernel_size"), axis_count)
    filters = size_of(config.get("filters"))
    groups = size_of(config.get("groups", 1))
    channels = inputs[0][-1]
    if config.get("data_format") == "channels_first":
        return None
    if windows is None or filters is None or groups is None or channels is None:
        return None
    return filters * (prod(windows) * (channels // groups) + has_bias(config))


def separable_parameters(config: Config, inputs: Sequence[ModelShape]) -> int | None:
    """Return the parameters of a separable convolution."""
    windows = sizes_on_axes(config.get("kernel_size"), len(inputs[0]) - 2)
    filters = size_of(config.get("filters"))
    multiplier = size_of(config.get("depth_multiplier", 1))
    channels = inputs[0][-1]
    if config.get("data_format") == "channels_first":
        return None
    if windows is None or filters is None or multiplier is None or channels is None:
        return None
    depth = channels * multiplier
    return prod(windows) * depth + filters * (depth + has_bias(config))


def normalization_parameters(
    config: Config, inputs: Sequence[ModelShape]
) -> int | None:
    """Return the parameters of BatchNormalization or LayerNormalization.

    A batch's has two moving averages for each feature.
    """
    shape = inputs[0]
    axes = config.get("axis", -1)
    if config.get("renorm") or config.get("rms_scaling"):
        return None
    if not isinstance(axes, list | tuple):
        axes = [axes]
    sizes = []
    for axis in axes:
        if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            return None
        sizes.append(shape[axis])
    size = product(sizes)
    if size is None:
        return None
    count = 0
    for name in ("center", "scale"):
        if config.get(name, True) is True:
            count += 1
    if "moving_mean_initializer" in config:
        count += 2
    return count * size


def attention_parameters(config: Config, inputs: Sequence[ModelShape]) -> int | None:
    """Return the parameters of Attention, scales of its scores.

    AdditiveAttention has one for each feature, and no score_mode.
    """
    if "score_mode" in config:
        is_concat = config.get("score_mode") == "concat"
        return (config.get("use_scale") is True) + is_concat
    if config.get("use_scale") is True:
        return inputs[0][-1]
    return 0


def prelu_parameters(config: Config, inputs: Sequence[ModelShape]) -> int | None:
    """Return the parameters of PReLU, a slope for each number that is not shared."""
    shape = list(inputs[0])
    shared_axes = config.get("shared_axes")
    if isinstance(shared_axes, list | tuple):
        for axis in shared_axes:
            if isinstance(axis, int) and 0 < axis < len(shape):
                shape[axis] = 1
    return product(shape[1:])


NORMALIZATIONS = ("BatchNormalization", "LayerNormalization", "PReLU")
PARAMETER_RULES: Mapping[str, Callable[[Config, Sequence[ModelShape]], int | None]] = {
    "AdditiveAttention": attention_parameters,
    "Attention": attention_parameters,
    "BatchNormalization": normalization_parameters,
    "Conv1D": conv_parameters,
    "Conv2D": conv_parameters,
    "Conv3D": conv_parameters,
    "Dense": dense_parameters,
    "LayerNormalization": normalization_parameters,
    "PReLU": prelu_parameters,
    "SeparableConv1D": separable_parameters,
    "SeparableConv2D": separable_parameters,
}
