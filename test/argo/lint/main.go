// Judges manifests with Argo's own code: Workflows by the linter behind "argo lint --offline --strict" (the program itself
// cannot be built from its Go module, which lacks the built page that it embeds), Events by the validators of its controller.
//
//	argo-lint FILE...    exit code 1 where anything is wrong
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/argoproj/argo-events/pkg/apis/events/v1alpha1"
	"github.com/argoproj/argo-events/pkg/reconciler/eventbus"
	"github.com/argoproj/argo-events/pkg/reconciler/sensor"
	"github.com/argoproj/argo-workflows/v3/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v3/pkg/apiclient"
	"github.com/argoproj/argo-workflows/v3/pkg/apis/workflow"
	"sigs.k8s.io/yaml"
)

// Set by the linker: another source is another build.
var source = "unknown"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files []string) error {
	for _, file := range files {
		if err := events(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	_, client, err := apiclient.NewClientFromOpts(apiclient.Opts{Offline: true, OfflineFiles: files})
	if err != nil {
		return err
	}
	kinds := []string{workflow.WorkflowPlural, workflow.WorkflowTemplatePlural, workflow.CronWorkflowPlural, workflow.ClusterWorkflowTemplatePlural}
	return lint.RunLint(context.Background(), client, kinds, "simple", true, lint.LintOptions{Files: files, Strict: true, Printer: os.Stdout})
}

// events decodes each object of Argo Events strictly: an unknown field is an error.
func events(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, document := range bytes.Split(data, []byte("\n---\n")) {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			return err
		}
		if err := validate(head.Kind, document); err != nil {
			return fmt.Errorf("%s: %w", head.Kind, err)
		}
	}
	return nil
}

func validate(kind string, document []byte) error {
	switch kind {
	case "EventBus":
		var bus v1alpha1.EventBus
		if err := yaml.UnmarshalStrict(document, &bus); err != nil {
			return err
		}
		return eventbus.ValidateEventBus(&bus)
	case "EventSource":
		// Its validator brings the clients of thirty message brokers; the types alone are strict enough here.
		var events v1alpha1.EventSource
		return yaml.UnmarshalStrict(document, &events)
	case "Sensor":
		var found v1alpha1.Sensor
		if err := yaml.UnmarshalStrict(document, &found); err != nil {
			return err
		}
		bus := v1alpha1.EventBus{Spec: v1alpha1.EventBusSpec{JetStream: &v1alpha1.JetStreamBus{}}}
		return sensor.ValidateSensor(&found, &bus)
	}
	return nil
}
