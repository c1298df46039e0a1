/* Webcams in user space, for tests: a library to preload that answers for /dev/videoN.
 *
 * Only the kernel's driver is replaced: the program, OpenCV and the C library are the real ones.
 * Like a UVC camera it exposes frames at a steady rate, drops a frame for which no buffer waits when
 * its exposure begins, and stamps it with the monotonic time of that moment.
 *
 * V4L2_CAMERA_FOLDER: a folder with two files for each camera N that is plugged in:
 *   N.frames: modes, each "code[4] width height fps count" (32 bits, native), then `count` times
 *     "size bytes"; read when the camera is opened. A rate of 0: the driver does not tell rates.
 *     A YUYV mode without frames: any even size up to this one, as drivers with a size range have.
 *   N.state: "STATE GENERATION", read before each answer. Handles that were opened in another
 *     generation are dead, as after unplugging. See camera_kit.py for the states.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_MODES = 8, MAX_FRAMES = 128, MAX_BUFFERS = 8, MAX_HANDLES = 8, BUFFER_BYTES = 32 << 20 };
enum { BITS = 6, NUMBERS = 60 };

struct mode {
    uint32_t code, width, height, fps, count, most_width, most_height;
    uint32_t size[MAX_FRAMES];
    const unsigned char *data[MAX_FRAMES];
};

struct buffer {
    enum { FREE, QUEUED, DONE } stage;
    double moment; /* when it was queued; then the exposure's start */
    uint32_t used, sequence;
};

struct handle {
    int fd, node, generation, streaming, mode, fps, count, mode_count;
    struct mode modes[MAX_MODES];
    unsigned char *file;
    size_t file_bytes;
    double next; /* start of the next exposure */
    uint32_t sequence;
    unsigned char *memory;
    struct buffer buffers[MAX_BUFFERS];
};

static struct handle handles[MAX_HANDLES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int (*next_open)(const char *, int, ...);
static int (*next_close)(int);
static int (*next_ioctl)(int, unsigned long, ...);
static int (*next_select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint32_t take32(const unsigned char **at)
{
    uint32_t value;
    memcpy(&value, *at, 4);
    *at += 4;
    return value;
}

static int open_file(int node, const char *kind)
{
    char path[512];
    const char *folder = getenv("V4L2_CAMERA_FOLDER");
    snprintf(path, sizeof path, "%s/%d.%s", folder ? folder : "", node, kind);
    return folder ? next_open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static void read_modes(struct handle *h)
{
    struct stat facts;
    int fd = open_file(h->node, "frames");
    if (fd < 0 || fstat(fd, &facts))
        abort();
    h->file_bytes = facts.st_size;
    h->file = mmap(NULL, h->file_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    next_close(fd);
    const unsigned char *at = h->file, *end = at + h->file_bytes;
    while (h->mode_count < MAX_MODES && at < end) {
        struct mode *m = &h->modes[h->mode_count++];
        m->code = take32(&at), m->width = take32(&at), m->height = take32(&at);
        m->fps = take32(&at), m->count = take32(&at);
        m->most_width = m->width, m->most_height = m->height;
        for (uint32_t i = 0; i < m->count; i++) {
            m->size[i] = take32(&at);
            m->data[i] = at;
            at += m->size[i];
        }
    }
}

/* The constructors of other libraries may open files before this one runs. */
__attribute__((constructor)) static void start(void)
{
    if (next_open)
        return;
    next_open = dlsym(RTLD_NEXT, "open64");
    next_close = dlsym(RTLD_NEXT, "close");
    next_ioctl = dlsym(RTLD_NEXT, "ioctl");
    next_select = dlsym(RTLD_NEXT, "select");
    for (int i = 0; i < MAX_HANDLES; i++)
        handles[i].fd = -1;
}

/* Reads the state into `word` (16 bytes); returns the generation, -1 without a camera. */
static int read_state(int node, char *word)
{
    char text[64] = "";
    int generation = -1, fd = open_file(node, "state");
    if (fd < 0)
        return -1;
    if (read(fd, text, sizeof text - 1) > 0)
        sscanf(text, "%15s %d", word, &generation);
    next_close(fd);
    return generation;
}

static int is(const char *word, const char *state) { return !strcmp(word, state); }

/* Returns once the driver answers. */
static void await(int node)
{
    char word[16];
    while (read_state(node, word) >= 0 && is(word, "hang"))
        usleep(2000);
}

static struct handle *handle_of(int fd)
{
    for (int i = 0; fd >= 0 && i < MAX_HANDLES; i++)
        if (handles[i].fd == fd)
            return &handles[i];
    return NULL;
}

/* Returns a descriptor, -1 with errno, or -2 for a path that is no camera. */
static int open_camera(const char *path)
{
    char word[16], rest;
    int node, fd = -1, generation;
    if (sscanf(path, "/dev/video%d%c", &node, &rest) != 1)
        return -2;
    await(node);
    if ((generation = read_state(node, word)) < 0)
        return -2;
    if (access(path, R_OK | W_OK) && errno == EACCES)
        return -1;
    if (is(word, "gone"))
        return errno = access(path, F_OK) ? ENOENT : ENODEV, -1;
    pthread_mutex_lock(&mutex);
    for (int i = 0; fd < 0 && i < MAX_HANDLES; i++) {
        struct handle *h = &handles[i];
        if (h->fd >= 0)
            continue;
        memset(h, 0, sizeof *h);
        h->fd = fd = memfd_create("camera", MFD_CLOEXEC);
        if (ftruncate(fd, (off_t)BUFFER_BYTES * MAX_BUFFERS))
            abort();
        h->memory = mmap(NULL, (size_t)BUFFER_BYTES * MAX_BUFFERS, PROT_READ | PROT_WRITE,
                         MAP_SHARED, fd, 0);
        h->generation = generation;
        h->node = node;
        read_modes(h);
        h->fps = h->modes[0].fps;
    }
    pthread_mutex_unlock(&mutex);
    if (fd < 0)
        errno = EBUSY;
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;                        \
        va_end(rest);                                                                              \
        start();                                                                                   \
        int fd = open_camera(path);                                                                \
        return fd == -2 ? next_open(path, flags, mode) : fd;                                       \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    start();
    struct handle *h = handle_of(fd);
    if (h)
        await(h->node);
    pthread_mutex_lock(&mutex);
    if (h) {
        munmap(h->memory, (size_t)BUFFER_BYTES * MAX_BUFFERS);
        munmap(h->file, h->file_bytes);
        h->fd = -1;
    }
    pthread_mutex_unlock(&mutex);
    return next_close(fd);
}

static struct buffer *oldest(struct handle *h, int stage)
{
    struct buffer *found = NULL;
    for (int i = 0; i < h->count; i++) {
        struct buffer *b = &h->buffers[i];
        if ((int)b->stage == stage && (!found || b->moment < found->moment))
            found = b;
    }
    return found;
}

/* Draws the picture of `numbered` in camera_kit.py, as YUYV. */
static void draw(unsigned char *target, struct mode *m, uint32_t number)
{
    for (uint32_t y = 0; y < m->height; y++)
        for (uint32_t x = 0; x < m->width; x++) {
            int ramp = x * 255 / m->width, bar = number >> (x * BITS / m->width) & 1 ? 235 : 16;
            *target++ = y < m->height / 2 ? bar : ramp;
            *target++ = 128;
        }
}

static void fill(struct handle *h, struct buffer *b, uint32_t sequence, const char *word)
{
    struct mode *m = &h->modes[h->mode];
    uint32_t number = is(word, "freeze") ? 0 : sequence;
    unsigned char *target = h->memory + (size_t)(b - h->buffers) * BUFFER_BYTES;
    if (m->count) {
        b->used = m->size[number % m->count];
        memcpy(target, m->data[number % m->count], b->used);
    } else {
        b->used = 2 * m->width * m->height;
        draw(target, m, number % NUMBERS);
    }
    if (is(word, "garbage"))
        for (uint32_t i = 0; i < b->used; i++)
            target[i] = rand();
    if (is(word, "dark")) /* the noise of a sensor in a dark room */
        for (uint32_t i = 0; i < b->used; i++)
            target[i] = i % 2 ? 128 : 16 + (rand() % 50 == 0);
    if (is(word, "cut") || (is(word, "flicker") && sequence % 2))
        b->used /= 2;
    if (is(word, "empty"))
        b->used = 0;
    b->sequence = sequence;
    b->stage = DONE;
}

/* Exposes the frames that are complete by now. */
static void expose(struct handle *h, const char *word)
{
    double now = seconds(), period = 1.0 / (h->fps ? h->fps : 30);
    while (h->streaming && h->next + period <= now) {
        double moment = h->next;
        uint32_t sequence = h->sequence++;
        struct buffer *b = oldest(h, QUEUED);
        h->next += period;
        if (is(word, "stall") || !b || b->moment > moment)
            continue;
        b->moment = moment;
        fill(h, b, sequence, word);
    }
}

/* 1: a call will not wait (a frame, an error); 0: nothing yet. */
static int ready(struct handle *h)
{
    char word[16];
    pthread_mutex_lock(&mutex);
    int dead = read_state(h->node, word) != h->generation || is(word, "gone") || !h->streaming;
    expose(h, word);
    int result = dead || oldest(h, DONE) != NULL;
    pthread_mutex_unlock(&mutex);
    return result;
}

int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t)
{
    struct handle *h = NULL;
    for (int i = 0; r && i < MAX_HANDLES; i++)
        if (handles[i].fd >= 0 && handles[i].fd < n && FD_ISSET(handles[i].fd, r))
            h = &handles[i];
    if (!h)
        return next_select(n, r, w, e, t);
    double end = seconds() + (t ? t->tv_sec + 1e-6 * t->tv_usec : 1e9);
    while (!ready(h)) {
        await(h->node);
        if (seconds() >= end) {
            FD_ZERO(r);
            return 0;
        }
        usleep(2000);
    }
    return 1;
}

/* The mode with the fewest pixels outside of the area that it shares with the request. */
static int nearest(struct handle *h, struct v4l2_pix_format *p)
{
    long best = -1, found = 0;
    for (int i = 0; i < h->mode_count; i++) {
        struct mode *m = &h->modes[i];
        long w = m->width < p->width ? m->width : p->width;
        long height = m->height < p->height ? m->height : p->height;
        long outside = (long)m->width * m->height + (long)p->width * p->height - 2 * w * height;
        int matches = m->code == p->pixelformat;
        if (matches && (best < 0 || outside < best))
            best = outside, found = i;
    }
    struct mode *m = &h->modes[found];
    if (!m->count && m->code == p->pixelformat) {
        m->width = (p->width < m->most_width ? p->width : m->most_width) & ~1u;
        m->height = (p->height < m->most_height ? p->height : m->most_height) & ~1u;
    }
    return found;
}

static void describe(struct v4l2_pix_format *p, struct mode *m)
{
    int plain = m->code == V4L2_PIX_FMT_YUYV;
    p->width = m->width, p->height = m->height, p->pixelformat = m->code;
    p->field = V4L2_FIELD_NONE, p->colorspace = V4L2_COLORSPACE_SRGB;
    p->bytesperline = plain ? 2 * m->width : 0;
    p->sizeimage = plain ? 2 * m->width * m->height : BUFFER_BYTES;
}

/* The time stamp of a buffer, by the clock of a driver that may be at fault. */
static double stamp_of(struct buffer *b, const char *word)
{
    if (is(word, "back")) /* once a second the clock goes back by half a second */
        return b->moment - (b->sequence / 30 % 2 ? 0.5 : 0);
    if (is(word, "still")) /* for 50 seconds, which is not old enough to be refused */
        return (long)(b->moment / 50) * 50.0;
    if (is(word, "zero"))
        return 0;
    if (is(word, "ahead"))
        return b->moment + 5;
    if (is(word, "wall"))
        return b->moment + time(NULL) - seconds();
    return b->moment;
}

static int dequeue(struct handle *h, struct v4l2_buffer *v, const char *word)
{
    struct buffer *b = oldest(h, DONE);
    if (!b)
        return errno = EAGAIN, -1;
    b->stage = FREE;
    v->index = b - h->buffers, v->bytesused = b->used, v->length = BUFFER_BYTES;
    v->sequence = b->sequence, v->field = V4L2_FIELD_NONE;
    v->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
    double stamp = stamp_of(b, word);
    v->timestamp.tv_sec = (time_t)stamp;
    v->timestamp.tv_usec = (long)((stamp - (time_t)stamp) * 1e6);
    return 0;
}

static int queue(struct handle *h, struct v4l2_buffer *v)
{
    struct buffer *b = &h->buffers[v->index];
    if ((int)v->index >= h->count || b->stage != FREE)
        return errno = EINVAL, -1;
    b->stage = QUEUED, b->moment = seconds();
    return 0;
}

static int answer(struct handle *h, unsigned long request, void *argument)
{
    char word[16];
    if (read_state(h->node, word) != h->generation || is(word, "gone"))
        return errno = ENODEV, -1;
    expose(h, word);
    int busy = is(word, "busy");
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *v = argument;
        memset(v, 0, sizeof *v);
        v->device_caps = V4L2_CAP_STREAMING;
        v->device_caps |= is(word, "metadata") ? V4L2_CAP_META_CAPTURE
                          : is(word, "output") ? V4L2_CAP_VIDEO_OUTPUT
                                               : V4L2_CAP_VIDEO_CAPTURE;
        v->capabilities = v->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *v = argument;
        if (v->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || (int)v->index >= h->mode_count)
            return errno = EINVAL, -1;
        v->pixelformat = h->modes[v->index].code;
        return 0;
    }
    case VIDIOC_G_FMT:
        describe(&((struct v4l2_format *)argument)->fmt.pix, &h->modes[h->mode]);
        return 0;
    case VIDIOC_S_FMT: {
        struct v4l2_format *v = argument;
        if (busy || h->streaming)
            return errno = EBUSY, -1;
        h->mode = nearest(h, &v->fmt.pix);
        h->fps = h->modes[h->mode].fps;
        describe(&v->fmt.pix, &h->modes[h->mode]);
        return 0;
    }
    case VIDIOC_S_PARM:
    case VIDIOC_G_PARM: {
        if (!h->modes[h->mode].fps)
            return errno = ENOTTY, -1;
        struct v4l2_captureparm *v = &((struct v4l2_streamparm *)argument)->parm.capture;
        struct v4l2_fract *f = &v->timeperframe;
        if (request == VIDIOC_S_PARM && f->numerator) {
            int fps = f->denominator / f->numerator, most = h->modes[h->mode].fps;
            h->fps = fps > 0 && fps < most ? fps : most;
        }
        v->capability = V4L2_CAP_TIMEPERFRAME;
        f->numerator = 1, f->denominator = h->fps;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *v = argument;
        if (busy && v->count)
            return errno = EBUSY, -1;
        h->count = v->count = v->count < MAX_BUFFERS ? v->count : MAX_BUFFERS;
        memset(h->buffers, 0, sizeof h->buffers);
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *v = argument;
        if ((int)v->index >= h->count)
            return errno = EINVAL, -1;
        v->length = BUFFER_BYTES, v->m.offset = v->index * BUFFER_BYTES;
        return 0;
    }
    case VIDIOC_QBUF:
        return queue(h, argument);
    case VIDIOC_DQBUF:
        return dequeue(h, argument, word);
    case VIDIOC_STREAMON:
        if (busy)
            return errno = EBUSY, -1;
        h->streaming = 1, h->next = seconds();
        return 0;
    case VIDIOC_STREAMOFF:
        h->streaming = 0;
        memset(h->buffers, 0, sizeof h->buffers);
        return 0;
    }
    return errno = EINVAL, -1;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    struct handle *h = handle_of(fd);
    if (!h)
        return next_ioctl(fd, request, argument);
    await(h->node);
    pthread_mutex_lock(&mutex);
    int result = answer(h, request, argument), code = errno;
    pthread_mutex_unlock(&mutex);
    errno = code;
    return result;
}
