namespace Rouse.FakeRunpod.Catalog;

/// <summary>A GPU type as the catalogue lists it. Prices in $ per GPU and hour; 0 where that cloud does not offer it.</summary>
internal sealed record GpuFact(string Id, string Name, string? Pool, int MemoryGb, decimal? Serverless, decimal Secure, decimal Community)
{
    /// <summary>
    /// Pools: docs.runpod.io/references/gpu-types; ADA_32_PRO and the two BLACKWELL pools from github.com/runpod/flash core/resources/gpu.py.
    /// Serverless: github.com/runpod/docs snippets/serverless-gpu-pricing-table.mdx of 2026-06-08. Pods: runpod.io/pricing, 2026-03 to 2026-11.
    /// No serverless price of the RTX 5090 was published; 1.58 is this fake's own figure.
    /// </summary>
    public static readonly IReadOnlyList<GpuFact> All =
    [
        new("NVIDIA RTX A4000", "RTX A4000", "AMPERE_16", 16, 0.576m, 0.25m, 0),
        new("NVIDIA RTX A4500", "RTX A4500", "AMPERE_16", 20, 0.576m, 0.25m, 0),
        new("NVIDIA RTX 4000 Ada Generation", "RTX 4000 Ada", "AMPERE_16", 20, 0.576m, 0.28m, 0),
        new("NVIDIA RTX 2000 Ada Generation", "RTX 2000 Ada", "AMPERE_16", 16, 0.576m, 0.24m, 0),
        new("NVIDIA L4", "L4", "AMPERE_24", 24, 0.684m, 0.49m, 0.44m),
        new("NVIDIA RTX A5000", "RTX A5000", "AMPERE_24", 24, 0.684m, 0.27m, 0),
        new("NVIDIA GeForce RTX 3090", "RTX 3090", "AMPERE_24", 24, 0.684m, 0.46m, 0.22m),
        new("NVIDIA GeForce RTX 4090", "RTX 4090", "ADA_24", 24, 1.116m, 0.69m, 0.34m),
        new("NVIDIA GeForce RTX 5090", "RTX 5090", "ADA_32_PRO", 32, 1.58m, 0.99m, 0.69m),
        new("NVIDIA A40", "A40", "AMPERE_48", 48, 1.224m, 0.44m, 0),
        new("NVIDIA RTX A6000", "RTX A6000", "AMPERE_48", 48, 1.224m, 0.53m, 0),
        new("NVIDIA L40", "L40", "ADA_48_PRO", 48, 1.908m, 0.82m, 0.69m),
        new("NVIDIA L40S", "L40S", "ADA_48_PRO", 48, 1.908m, 1.09m, 0.79m),
        new("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada", "ADA_48_PRO", 48, 1.908m, 0.84m, 0),
        new("NVIDIA A100 80GB PCIe", "A100 PCIe", "AMPERE_80", 80, 2.736m, 1.79m, 1.19m),
        new("NVIDIA A100-SXM4-80GB", "A100 SXM", "AMPERE_80", 80, 2.736m, 1.79m, 1.39m),
        new("NVIDIA H100 80GB HBM3", "H100 SXM", "ADA_80_PRO", 80, 4.176m, 3.99m, 2.69m),
        new("NVIDIA H100 PCIe", "H100 PCIe", "ADA_80_PRO", 80, 4.176m, 2.89m, 1.99m),
        new("NVIDIA H100 NVL", "H100 NVL", "ADA_80_PRO", 94, 4.176m, 3.19m, 2.59m),
        new("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000", "BLACKWELL_96", 96, 3.996m, 2.09m, 0),
        new("NVIDIA H200", "H200 SXM", "HOPPER_141", 141, 5.58m, 4.59m, 3.59m),
        new("NVIDIA B200", "B200", "BLACKWELL_180", 180, 8.64m, 6.79m, 5.98m),
        new("NVIDIA B300 SXM6 AC", "B300", null, 288, null, 7.89m, 6.94m),
    ];
}
