/// Where a vault lies and how it spreads packs.
package struct VaultConfiguration: Sendable {
    /// Holds `catalogue`, `index/locations`, `keys/keyrings` and `cache`; made if absent.
    package var directory: String
    /// At least k + m; their order is part of the placement. A provider MUST keep its name.
    package var providers: [DirectoryProvider]
    package var erasureCode = ErasureCode.standard
    /// Fragments beyond k that must be durable before a put succeeds: with 1, an acknowledged
    /// version survives the loss of any one provider even if another was away at the put.
    package var durableMargin = 1
    /// Sealed local copies: beyond this the oldest go.
    package var cacheMaxBytes = 64 << 30
    /// Free space on the directory's device below which puts are refused as `full`: RocksDB stops
    /// for good when it meets a full device, so it must not come to that.
    package var freeReserveBytes = 64 << 20

    /// The usual layout: six directories `providers/1` … `providers/6` under `directory`.
    package init(directory: String, providers: [DirectoryProvider]? = nil) {
        self.directory = directory
        self.providers =
            providers
            ?? (1...6).map {
                DirectoryProvider(name: "\($0)", path: "\(directory)/providers/\($0)")
            }
    }
}
