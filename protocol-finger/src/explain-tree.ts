export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

/** A tree drawn with lines; nothing where the root has no children. */
export function treeLines(root: TreeNode): string[] {
  return root.children.length === 0 ? [] : [root.text, ...branches(root.children, "")];
}

function branches(nodes: readonly TreeNode[], indent: string): string[] {
  return nodes.flatMap((node, i) => {
    const isLast = i === nodes.length - 1;
    return [
      `${indent}${isLast ? "└─ " : "├─ "}${node.text}`,
      ...branches(node.children, `${indent}${isLast ? "   " : "│  "}`),
    ];
  });
}
