// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshots/database.h"

#include <optional>
#include <string>
#include <vector>

namespace quorate::snapshots {
namespace {

constexpr std::size_t bucket_header_bytes = 16;  // root page 8, sequence 8
// Millions of keys take four levels.
constexpr int depth_limit = 32;

class Walk {
 public:
  Walk(const PageFile& file, const Visitor& visitor) : file_(file), visitor_(visitor), reached_(file.meta().pages) {}

  absl::Status run() { return visit_tree(file_.meta().root, {}, 0); }

 private:
  // The bucket in hand; without one, its keys are the buckets' names.
  struct Place {
    std::optional<std::string> bucket;
    std::optional<std::string> last_key;
  };

  absl::Status visit_tree(PageNumber root, std::optional<std::string> bucket, int depth) {
    Place place{std::move(bucket), {}};
    return visit_page_numbered(root, place, depth);
  }

  absl::Status visit_page_numbered(PageNumber number, Place& place, int depth) {
    if (depth > depth_limit) return corrupt("its pages go round in circles");
    const absl::StatusOr<Page> page = file_.read(number);
    if (!page.ok()) return page.status();
    for (PageNumber each = number; each <= number + page->overflow(); ++each) {
      if (reached_[each]) return corrupt("page " + std::to_string(each) + " is reached twice");
      reached_[each] = true;
    }
    return visit_page(*page, place, depth);
  }

  absl::Status visit_page(const Page& page, Place& place, int depth) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      const Element element = page.element(i);
      const absl::Status visited = page.kind() == Page::Kind::branch ? visit_page_numbered(element.below, place, depth + 1)
                                                                     : visit_leaf(element, place, depth);
      if (!visited.ok()) return visited;
    }
    return absl::OkStatus();
  }

  absl::Status visit_leaf(const Element& element, Place& place, int depth) {
    if (place.last_key && element.key <= *place.last_key) return corrupt("its keys are out of order");
    place.last_key = element.key;
    if (place.bucket) {
      if (element.bucket) return corrupt("a bucket is inside another, as etcd makes none");
      return visitor_(*place.bucket, element.key, element.value);
    }
    return element.bucket ? visit_bucket(element, depth) : corrupt("a key is outside all buckets");
  }

  absl::Status visit_bucket(const Element& element, int depth) {
    if (element.value.size() < bucket_header_bytes) return corrupt("a bucket is cut off");
    const std::string name(element.key);
    const auto root = number_at<std::uint64_t>(element.value, 0);
    if (root != 0) return visit_tree(root, name, depth + 1);
    // A small one is stored in its parent's page.
    const absl::StatusOr<Page> inside = Page::parse(std::string(element.value.substr(bucket_header_bytes)));
    if (!inside.ok()) return inside.status();
    if (inside->kind() != Page::Kind::leaf) return corrupt("a small bucket has pages below");
    Place place{name, {}};
    return visit_page(*inside, place, depth);
  }

  const PageFile& file_;
  const Visitor& visitor_;
  std::vector<bool> reached_;
};

}  // namespace

absl::Status visit_database(const PageFile& file, const Visitor& visitor) { return Walk(file, visitor).run(); }

}  // namespace quorate::snapshots
