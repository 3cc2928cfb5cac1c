import LedgerCore

/// Packs spread over the providers, one fragment each.
struct FragmentStore: Sendable {
    let providers: [DirectoryProvider]
    let code: ErasureCode
    /// Fragments beyond k that must be durable before a put succeeds.
    let margin: Int

    /// Throws `refused` where the providers cannot take one fragment each, or share a name.
    init(providers: [DirectoryProvider], code: ErasureCode, margin: Int) throws(VaultError) {
        guard Set(providers.map(\.name)).count == providers.count else {
            throw .refused("two providers share a name")
        }
        guard providers.count >= code.count else {
            throw .refused(
                "\(code.count) fragments need as many providers, \(providers.count) are configured")
        }
        guard (0...code.parityShards).contains(margin) else {
            throw .refused("margin \(margin) is not between 0 and \(code.parityShards)")
        }
        self.providers = providers
        self.code = code
        self.margin = margin
    }

    /// The provider of each fragment: the providers in order, rotated by the pack's random id, so
    /// that all carry the same load.
    static func placement(_ pack: Identifier, among providers: [DirectoryProvider], count: Int)
        -> [DirectoryProvider]
    {
        let start = pack.bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) } % providers.count
        return (0..<count).map { providers[(start + $0) % providers.count] }
    }

    /// Writes a pack's fragments side by side and returns once each was tried.
    ///
    /// With at least k + margin durable it succeeds; the record names those that failed too, and
    /// the next read from fragments or a scrub re-creates them. With fewer it removes what was
    /// written, as far as the providers allow, and throws `full` where one of them was full, else
    /// `providersUnavailable`.
    func put(_ pack: Pack) async throws -> PackRecord {
        let fragments = Fragment.encode(pack.bytes, id: pack.id, code: code)
        let places = Self.placement(pack.id, among: providers, count: code.count)
        let results = await BlockingPool.runAll(
            zip(fragments, places).map { fragment, provider in
                { @Sendable in try provider.put(Fragment.name(fragment.digest), fragment.bytes) }
            })
        let record = PackRecord(
            pack, code: code,
            fragments: zip(fragments, places).map { .init(provider: $1.name, digest: $0.digest) })
        let failures = zip(results, places).compactMap { result, provider -> (String, any Error)? in
            guard case .failure(let error) = result else { return nil }
            return (provider.name, error)
        }
        let needed = code.dataShards + margin
        guard code.count - failures.count < needed else { return record }
        await remove(record)
        for case (_, VaultError.full(let place)) in failures { throw VaultError.full(place: place) }
        throw VaultError.providersUnavailable(
            durable: code.count - failures.count, needed: needed,
            failures: failures.map { "provider \($0): \($1)" })
    }

    /// Removes a pack's fragments. Returns whether every provider has let go; leftovers are
    /// orphans.
    @discardableResult
    func remove(_ record: PackRecord) async -> Bool {
        (try? await BlockingPool.run { delete(record) }) ?? false
    }

    /// The same, blocking.
    func delete(_ record: PackRecord) -> Bool {
        var isGone = true
        for index in record.fragments.indices {
            do {
                guard let provider = provider(record.fragments[index]) else {
                    throw VaultError.refused("no such provider is configured")
                }
                try provider.delete(record.name(index))
            } catch { isGone = false }
        }
        return isGone
    }

    /// Rebuilds a pack from any k good fragments and checks it against the record.
    ///
    /// With `repairs`, fragments found missing or damaged are written again under their names,
    /// as far as the providers allow; without, no file is changed. `knownBad`: fragments that need
    /// not be read, and why. Blocking.
    func fetch(
        _ record: PackRecord, repairs: Bool, knownBad: [Int: String] = [:]
    ) throws(VaultError) -> [UInt8] {
        var good: [Int: ArraySlice<UInt8>] = [:]
        var bad = knownBad
        for index in record.fragments.indices where bad[index] == nil {
            if good.count < record.code.dataShards {
                do { good[index] = try read(record, index) } catch { bad[index] = "\(error)" }
            } else if provider(record.fragments[index])?.exists(record.name(index)) != true {
                bad[index] = "missing"
            }
        }
        guard good.count == record.code.dataShards,
            let pack = record.code.decode(
                good.mapValues { $0.dropFirst(Fragment.headerBytes) }, size: record.size),
            Digest.sha256(pack) == record.digest
        else {
            throw .unrecoverable(
                pack: record.pack, good: good.count, needed: record.code.dataShards,
                failures: bad.sorted { $0.key < $1.key }.map { index, reason in
                    "provider \(record.fragments[index].provider): \(reason)"
                })
        }
        if repairs, !bad.isEmpty { repair(record, pack, bad.keys.sorted()) }
        return pack
    }

    /// One fragment, checked by its digest.
    func read(_ record: PackRecord, _ index: Int) throws(VaultError) -> ArraySlice<UInt8> {
        let fragment = record.fragments[index]
        let place = "provider \(fragment.provider), fragment \(record.name(index))"
        guard let provider = provider(fragment) else {
            throw .damaged(place: place, reason: "no such provider is configured")
        }
        guard let bytes = try provider.get(record.name(index)) else {
            throw .damaged(place: place, reason: "missing")
        }
        guard Fragment.digest(of: bytes[...]) == fragment.digest,
            FragmentHeader(bytes[...]) == record.header(index)
        else { throw .damaged(place: place, reason: "its bytes are not what its name says") }
        return bytes[...]
    }

    /// Reads every fragment and makes bad ones again: how many, and whether all are good now.
    /// Blocking; one fragment at a time in memory unless one is bad.
    func mend(_ record: PackRecord) -> (count: Int, isWhole: Bool) {
        var bad: [Int: String] = [:]
        for index in record.fragments.indices {
            do { _ = try read(record, index) } catch { bad[index] = "\(error)" }
        }
        guard !bad.isEmpty else { return (0, true) }
        guard let pack = try? fetch(record, repairs: false, knownBad: bad) else {
            return (0, false)
        }
        let count = repair(record, pack, bad.keys.sorted())
        return (count, count == bad.count)
    }

    /// Returns how many were written.
    @discardableResult
    private func repair(_ record: PackRecord, _ pack: [UInt8], _ lost: [Int]) -> Int {
        let fragments = Fragment.encode(pack, id: record.pack, code: record.code)
        return lost.count { index in
            guard fragments[index].digest == record.fragments[index].digest,
                let provider = provider(record.fragments[index])
            else { return false }
            do {
                try provider.put(record.name(index), fragments[index].bytes)
                return true
            } catch { return false }
        }
    }

    /// The file of a fragment; `nil` where its provider is not configured.
    func file(_ record: PackRecord, _ index: Int) -> String? {
        provider(record.fragments[index])?.file(record.name(index))
    }

    func provider(_ fragment: PackRecord.PlacedFragment) -> DirectoryProvider? {
        providers.first { $0.name == fragment.provider }
    }
}
