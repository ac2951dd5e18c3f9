using Rouse.Onnx.Graphs;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>
/// Token ids to hidden states: embeddings, positions and one causal attention block. The first four numbers of a state say how loudly its token
/// speaks, its light and its hue (as a vector); the rest are random features, through which word order colours the picture a little.
/// </summary>
internal static class TinyTextEncoder
{
    public const int Width = 32;
    public const int MoodWidth = 4;
    private const float SilentWeight = -8; // of the start, end and padding tokens: heard only where there is no word at all
    private const float PieceWeight = 4;
    private const float FeatureSize = 0.5f, PositionSize = 0.15f;

    public static ModelProto Build(TinyVocabulary vocabulary, Random random, TinyDiffusionOptions options)
    {
        var graph = new GraphBuilder("text_encoder", options.Floats);
        var ids = graph.Input("input_ids", options.TokenIds, "batch", "sequence");
        var tokens = graph.Weights(Embeddings(vocabulary, random), vocabulary.Tokens.Count, Width);
        var positions = graph.Weights(Features(random, TinyConfigs.TextLength, PositionSize), TinyConfigs.TextLength, Width);
        var length = ids.Size(1);
        var here = graph.Apply("Slice", [positions, graph.Integers([0]), length, graph.Integers([0])]);
        var states = Attend(graph, tokens.Gather(ids) + here, length, random);
        graph.Output("last_hidden_state", states, "batch", "sequence", $"{Width}");
        graph.Output("pooler_output", states.Mean(1).Reshape(0, -1), "batch", $"{Width}");
        return graph.Build();
    }

    private static Value Attend(GraphBuilder graph, Value states, Value length, Random random)
    {
        var query = states.MatMul(graph.Weights(Features(random, Width, 0.4f), Width, Width));
        var key = states.MatMul(graph.Weights(Features(random, Width, 0.4f), Width, Width));
        var content = states.MatMul(graph.Weights(Features(random, Width, 0.2f), Width, Width));

        // 0 on and below the diagonal, a large negative number above it: no token sees the ones after it.
        var square = graph.Apply("Concat", [length, length], ("axis", 0));
        var mask = graph.Apply("Expand", [graph.Scalar(-1e4f), square]);
        var above = graph.Apply("Trilu", [mask, graph.Scalar(1).Cast(OnnxElementType.Int64)], ("upper", 1));
        var weights = (query.MatMul(key.Transpose(0, 2, 1)) + above).Softmax(2);
        return states + weights.MatMul(content);
    }

    private static float[] Embeddings(TinyVocabulary vocabulary, Random random)
    {
        var table = Features(random, vocabulary.Tokens.Count, FeatureSize);
        var known = TinyWords.All.ToDictionary(w => w.Text + TinyVocabulary.EndOfWord, StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Tokens.Count; id++)
        {
            var own = new TinyWord("", random.NextSingle() * 360, 0.9f, random.NextSingle() - 0.4f, PieceWeight);
            var row = table.AsSpan(id * Width, Width);
            if (vocabulary.Tokens[id] is TinyVocabulary.Start or TinyVocabulary.End)
            {
                row.Clear();
                row[0] = SilentWeight;
                continue;
            }

            var mood = known.GetValueOrDefault(vocabulary.Tokens[id], own);
            var (sine, cosine) = MathF.SinCos(mood.Hue * MathF.PI / 180);
            (row[0], row[1], row[2], row[3]) = (mood.Weight, mood.Light, mood.Saturation * cosine, mood.Saturation * sine);
        }

        return table;
    }

    /// <summary>Rows of random features, the mood's places left at zero.</summary>
    private static float[] Features(Random random, int rows, float size)
    {
        var values = new float[rows * Width];
        for (var i = 0; i < values.Length; i++) values[i] = i % Width < MoodWidth ? 0 : ((2 * random.NextSingle()) - 1) * size;
        return values;
    }
}
