/* Calls every function of alien_pod.h as it must not be called, and as it may: built as C and as C++. */
#include <alien_pod.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void expect(int holds, const char *what, int line)
{
    if (!holds) {
        printf("line %d: %s\n", line, what);
        failures++;
    }
}

#define EXPECT(condition) expect((condition) != 0, #condition, __LINE__)
#define TEXT(text) (text), sizeof(text) - 1

static void misuse_publisher(void)
{
    alien_pod_publisher *publisher = NULL;
    alien_pod_wait wait, unsized;
    const char *text = NULL;
    size_t length = 0;
    int32_t datagrams = -1;
    static char longest[70000];

    memset(&wait, 0, sizeof wait);
    memset(&unsized, 0, sizeof unsized);
    wait.size = sizeof wait;
    memset(longest, 'x', sizeof longest);

    alien_pod_publisher_free(NULL);
    EXPECT(alien_pod_publisher_set(NULL, TEXT("wanted"), TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_prepare(NULL, &wait) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_publish(NULL, &datagrams) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_step(NULL, &wait) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_datagrams(NULL) == 0);
    EXPECT(alien_pod_publisher_next_report(NULL, &text, &length) == ALIEN_POD_USAGE);
    EXPECT(strcmp(alien_pod_publisher_error(NULL), "the handle is NULL") == 0);

    EXPECT(alien_pod_publisher_create(&publisher) == ALIEN_POD_OK);
    EXPECT(publisher != NULL);
    EXPECT(strcmp(alien_pod_publisher_error(publisher), "") == 0);
    EXPECT(alien_pod_publisher_set(publisher, NULL, 6, TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), NULL, 1) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), NULL, 0) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, "wanted", 0, TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, "wanted", (size_t)-1, TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), "1", (size_t)-1) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), longest, sizeof longest) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), TEXT("1\0")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("wanted"), TEXT("\xff")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("no such name"), TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(strstr(alien_pod_publisher_error(publisher), "no such name") != NULL);
    EXPECT(alien_pod_publisher_set(publisher, "wanted and more", 6, "12 and more", 2) == ALIEN_POD_OK);

    EXPECT(alien_pod_publisher_prepare(publisher, &wait) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_publish(publisher, &datagrams) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_step(publisher, &wait) == ALIEN_POD_USAGE);
    EXPECT(datagrams == -1);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("master_job_id"), TEXT("7")) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("address"), TEXT("a.example:1")) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_set(publisher, TEXT("destination"), TEXT("127.0.0.1:9")) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_publish(publisher, &datagrams) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_prepare(publisher, NULL) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_prepare(publisher, &wait) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_publish(publisher, NULL) == ALIEN_POD_OK);
    EXPECT(alien_pod_publisher_publish(publisher, &datagrams) == ALIEN_POD_OK);
    EXPECT(datagrams == 1);
    EXPECT(alien_pod_publisher_datagrams(publisher) == 2);
    EXPECT(alien_pod_publisher_step(publisher, NULL) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_publisher_step(publisher, &unsized) == ALIEN_POD_USAGE);
    EXPECT(strstr(alien_pod_publisher_error(publisher), "size is not set") != NULL);
    EXPECT(alien_pod_publisher_step(publisher, &wait) == ALIEN_POD_WAIT);
    EXPECT(wait.milliseconds > 0 && wait.milliseconds <= 20000 && wait.descriptor_count == 0);

    EXPECT(alien_pod_publisher_next_report(publisher, NULL, NULL) == ALIEN_POD_USAGE);
    while (alien_pod_publisher_next_report(publisher, &text, NULL) == ALIEN_POD_OK)
        EXPECT(text != NULL);
    EXPECT(alien_pod_publisher_next_report(publisher, &text, &length) == ALIEN_POD_END);
    alien_pod_publisher_free(publisher);
}

static void misuse_watcher(void)
{
    alien_pod_watcher *watcher = NULL;
    alien_pod_wait wait, unsized;
    const char *name = NULL, *value = NULL;
    size_t length = 0;
    int status, steps;

    memset(&wait, 0, sizeof wait);
    memset(&unsized, 0, sizeof unsized);
    wait.size = sizeof wait;

    alien_pod_watcher_free(NULL);
    EXPECT(alien_pod_watcher_set(NULL, TEXT("run_time"), TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_begin(NULL, 1) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_step(NULL, &wait) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_found_field(NULL, 0, &name, &value, &length) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_worker_ended(NULL, 0) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_next_report(NULL, &value, &length) == ALIEN_POD_USAGE);
    EXPECT(strcmp(alien_pod_watcher_error(NULL), "the handle is NULL") == 0);

    EXPECT(alien_pod_watcher_create(&watcher) == ALIEN_POD_OK);
    EXPECT(watcher != NULL);
    EXPECT(strcmp(alien_pod_watcher_error(watcher), "") == 0);
    EXPECT(alien_pod_watcher_set(watcher, NULL, 8, TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_set(watcher, TEXT("run_time"), NULL, 1) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_set(watcher, TEXT("run_time"), "1", (size_t)-1) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_set(watcher, TEXT("no such name"), TEXT("1")) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_begin(watcher, 1) == ALIEN_POD_USAGE);
    EXPECT(strstr(alien_pod_watcher_error(watcher), "repository") != NULL);
    EXPECT(alien_pod_watcher_step(watcher, &wait) != ALIEN_POD_OK);
    EXPECT(alien_pod_watcher_worker_ended(watcher, 0) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_found_field(watcher, 0, &name, &value, &length) == ALIEN_POD_END);
    EXPECT(alien_pod_watcher_found_field(watcher, (size_t)-1, &name, &value, &length) == ALIEN_POD_END);
    EXPECT(alien_pod_watcher_found_field(watcher, 0, NULL, &value, &length) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_found_field(watcher, 0, &name, NULL, &length) == ALIEN_POD_USAGE);

    /* Nobody listens on port 1: the look fails, after as many steps as that takes. */
    EXPECT(alien_pod_watcher_set(watcher, TEXT("repository"), TEXT("http://127.0.0.1:1")) == ALIEN_POD_OK);
    EXPECT(alien_pod_watcher_begin(watcher, 1) == ALIEN_POD_OK);
    EXPECT(alien_pod_watcher_step(watcher, &unsized) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_begin(watcher, 1) == ALIEN_POD_OK);
    status = ALIEN_POD_WAIT;
    for (steps = 0; status == ALIEN_POD_WAIT && steps < 1000000; steps++)
        status = alien_pod_watcher_step(watcher, &wait);
    EXPECT(status == ALIEN_POD_UNAVAILABLE);
    EXPECT(strstr(alien_pod_watcher_error(watcher), "127.0.0.1:1") != NULL);
    EXPECT(alien_pod_watcher_next_report(watcher, NULL, NULL) == ALIEN_POD_USAGE);
    EXPECT(alien_pod_watcher_next_report(watcher, &value, NULL) == ALIEN_POD_END);
    alien_pod_watcher_free(watcher);
}

int main(void)
{
    EXPECT(alien_pod_abi_version() == ALIEN_POD_ABI_VERSION);
    EXPECT(alien_pod_version()[0] >= '0' && alien_pod_version()[0] <= '9');
    misuse_publisher();
    misuse_watcher();
    return failures ? 1 : 0;
}
