import FHIR
import LedgerCore

/// The writes of a transaction: their records first, so that references between entries resolve,
/// then their content.
struct BundlePlan {
    /// In the bundle's order.
    private(set) var writes: [PlannedWrite] = []
    /// The position among the writes of each entry that writes, by the entry's index.
    private(set) var position: [Int: Int] = [:]

    init(_ bundle: BundleReader, records: Records, _ request: WriteRequest) throws {
        let planner = records.planner(request)
        let resolver = ReferenceResolver(
            index: records.index, base: request.base, isTransaction: true)
        var targets: [(entry: BundleEntry, target: Planner.Target)] = []
        var taken: [Digest: Planner.Target] = [:]
        for entry in bundle.entries {
            guard var target = try BundlePlan.target(entry, targets.count, planner) else {
                continue
            }
            if let claim = target.held.first, target.satisfiedBy == nil {
                // Two entries with the same condition: the first one satisfies the second.
                if let first = taken[claim.id] {
                    target.satisfiedBy = BundlePlan.row(of: first)
                } else if let resource = entry.resource,
                    planner.matches(resource, target, criteria: claim.criteria)
                {
                    taken[claim.id] = target
                }
            }
            resolver.add(entry, target)
            position[entry.index] = targets.count
            targets.append((entry, target))
        }
        // A condition that two entries meet only with their references resolved is the first one's.
        var conditions = Set<Digest>()
        for (entry, target) in targets {
            var write = try BundlePlan.write(entry, target, planner, resolver)
            try planner.finish(&write, previous: records.newestSidecar)
            let again = write.claims.filter { claim in
                claim.kind == .condition && !conditions.insert(claim.id).inserted
            }.map(\.id)
            write.claims.removeAll { again.contains($0.id) }
            write.sidecar.claims.removeAll { again.contains($0.id) }
            writes.append(write)
        }
    }

    /// What an entry is about; `nil` where it writes nothing.
    private static func target(
        _ entry: BundleEntry, _ position: Int, _ planner: Planner
    ) throws -> Planner.Target? {
        guard let request = entry.request else { return nil }
        switch request.interaction {
        case .create(let type):
            return try planner.createTarget(
                type: type, ifNoneExist: request.ifNoneExist, position: position)
        case .update(let type, let id):
            return try planner.updateTarget(
                type: type, id: id, ifMatch: request.ifMatch, position: position)
        case .delete(let type, let id):
            return try planner.deleteTarget(
                type: type, id: id, ifMatch: request.ifMatch, position: position)
        default: return nil
        }
    }

    /// The row that a planned creation will have.
    private static func row(of target: Planner.Target) -> VersionRow {
        VersionRow(
            record: target.record, type: target.type, fhirID: target.fhirID,
            version: target.previous + 1, deleted: false, lastUpdatedMs: target.lastUpdatedMs,
            locator: target.record)
    }

    /// The write of one entry that stands alone.
    static func write(
        _ entry: BundleEntry, position: Int, planner: Planner, resolver: ReferenceResolver,
        records: Records
    ) throws -> PlannedWrite? {
        if let resource = entry.resource, let type = entry.request?.interaction.type,
            entry.request?.method != .delete
        {
            try planner.validate(resource, type: type)
        }
        guard let target = try target(entry, position, planner) else { return nil }
        var write = try write(entry, target, planner, resolver)
        try planner.finish(&write, previous: records.newestSidecar)
        return write
    }

    private static func write(
        _ entry: BundleEntry, _ target: Planner.Target, _ planner: Planner,
        _ resolver: ReferenceResolver
    ) throws -> PlannedWrite {
        guard let resource = entry.resource, entry.request?.method != .delete else {
            return planner.deletion(target)
        }
        let references =
            target.satisfiedBy == nil
            ? try resolver.replacements(in: resource, fullURL: entry.fullUrl) : []
        return planner.write(target, resource: resource, references: references)
    }
}

/// The writes of a batch: which entries write, and the stamps of a stamped one, whose one signature
/// covers the intents of all.
struct BatchPlan: Sendable {
    /// By the entry's index.
    private(set) var position: [Int: Int] = [:]
    private var stampsByPosition: [[EStamp]] = []

    init(_ bundle: BundleReader, records: Records, _ request: WriteRequest) throws {
        var intents = [Digest]()
        for entry in bundle.entries {
            switch entry.request?.interaction {
            case .create, .update, .delete: break
            default: continue
            }
            let index = position.count
            position[entry.index] = index
            guard let stamp = request.stamp else { continue }
            let content = entry.resource.map { Array($0.rawBytes) } ?? []
            let write = StampedRequest.Write(
                commitment: Commitment(content: content, secret: stamp.secret(index)),
                conditional: entry.request?.ifNoneExist != nil)
            intents.append(
                Intent.id(
                    of: stamp.intent(
                        network: records.committer.network, channel: records.committer.channel,
                        writes: [write], first: index
                    ).bytes))
        }
        if let stamp = request.stamp {
            stampsByPosition = stamp.stamps(intents: intents).map { [$0] }
        }
    }

    /// The author's stamps of one write; none where the node stamps on behalf.
    func stamps(_ position: Int) -> [EStamp] {
        position < stampsByPosition.count ? stampsByPosition[position] : []
    }
}
