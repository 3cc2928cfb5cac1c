import FHIR

/// Resources that one load names more than once, with different content: the last one counts, in
/// the order of the plan. Without this a load that is run again would write one after the other.
actor LoadTwins {
    private let files: [LoadPlan.File]
    /// The last place of each resource that has several; found when it is first asked for.
    private var last: [String: LoadPlace]?

    init(_ files: [LoadPlan.File]) { self.files = files }

    /// Whether the same load names the resource again, later on.
    func isSuperseded(_ target: String, at place: LoadPlace) -> Bool {
        let last = self.last ?? scan()
        self.last = last
        return last[target].map { $0 != place } ?? false
    }

    private func scan() -> [String: LoadPlace] {
        // Hashes alone, for a load may have millions: where two are the same by chance, a resource
        // is noted that has one place only, its own.
        var seen: Set<Int> = []
        var last: [String: LoadPlace] = [:]
        var reader = LoadWorkReader(files)
        while let work = reader.next() {
            guard let (place, content) = LoadTwins.content(work),
                let root = try? JSONDocument(parsing: content).root,
                let target = Loader.target(of: root)
            else { continue }
            if !seen.insert(target.hashValue).inserted { last[target] = place }
        }
        return last
    }

    private static func content(_ work: LoadWork) -> (LoadPlace, [UInt8])? {
        switch work {
        case .entry(let place, _, let content, _): return (place, content)
        case .file(let file):
            guard let bytes = try? OpenFile(file.path).readAll(max: Loader.jsonBytesMax) else {
                return nil
            }
            return (LoadPlace(file.path), ByteOrderMark.dropped(bytes))
        case .document, .unreadable: return nil
        }
    }
}
