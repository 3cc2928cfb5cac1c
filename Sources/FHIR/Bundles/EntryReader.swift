/// Reads one entry; what is wrong with it becomes its `problem`.
struct EntryReader {
    let view: JSONView
    let index: Int
    let base: ServerBase?

    private var path: String { "Bundle.entry[\(index)]" }

    func entry(hasRequest: Bool) -> BundleEntry {
        let resource = view["resource"].flatMap { $0.kind == .object ? $0 : nil }
        var parsed: BundleRequest?
        var problem: Issue?
        if hasRequest {
            do throws(Issue) {
                parsed = try request(resource)
            } catch {
                problem = error
            }
        }
        return BundleEntry(
            index: index, fullUrl: view["fullUrl"]?.string, resource: resource, request: parsed,
            problem: problem)
    }

    private func request(_ resource: JSONView?) throws(Issue) -> BundleRequest {
        guard let request = view["request"] else {
            throw Issue(.required, at: path, "The entry has no request")
        }
        guard let method = request["method"]?.string.flatMap(BundleRequest.Method.init(rawValue:))
        else {
            throw Issue(.required, at: path + ".request.method", "The method is missing or unknown")
        }
        guard let url = request["url"]?.string else {
            throw Issue(.required, at: path + ".request.url", "The url is missing")
        }
        guard let interaction = Interaction(method: method, path: relative(url)) else {
            throw Issue(
                .notSupported, at: path + ".request.url",
                "Method and url together are no interaction of this server")
        }
        let parsed = BundleRequest(
            method: method, url: url, interaction: interaction,
            ifMatch: request["ifMatch"]?.string, ifNoneMatch: request["ifNoneMatch"]?.string,
            ifNoneExist: try criteria(request["ifNoneExist"]?.string, of: interaction.type))
        try check(parsed, resource)
        return parsed
    }

    private func check(_ request: BundleRequest, _ resource: JSONView?) throws(Issue) {
        switch request.method {
        case .post, .put:
            guard let resource else {
                throw Issue(.required, at: path, "\(request.method.rawValue) wants a resource")
            }
            guard resource["resourceType"]?.string == request.interaction.type else {
                throw Issue(.invalid, at: path, "The url names another type than the resource")
            }
            if case .update(_, let id) = request.interaction, resource["id"]?.string != id {
                throw Issue(
                    .invalid, at: path + ".resource.id", "The id is not the one of the url")
            }
        case .patch:
            if resource == nil { throw Issue(.required, at: path, "PATCH wants a resource") }
        case .get, .head, .delete:
            break
        }
    }

    /// The URL below the base.
    private func relative(_ url: String) -> String {
        if let below = base?.relative(url) { return below }
        return url.hasPrefix("/") ? String(url.dropFirst()) : url
    }

    private func criteria(_ text: String?, of type: String) throws(Issue) -> String? {
        guard let text else { return nil }
        guard let query = ConditionalQuery.query(text, type: type, base: base) else {
            throw Issue(
                .invalid, at: path + ".request.ifNoneExist", ConditionalQuery.refusal(type: type))
        }
        return query
    }
}
